"""Tickets with their UDF values, notes and history, and the lists their fields choose from."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, literal, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.core.texts import fold_name, kept_fold
from portal.core.tickets import COMPLETE
from portal.models.base import Base, fold_of
from portal.models.people import Company, Resource
from portal.models.udf import Udf

_OPEN = text(f"status <> {COMPLETE}")


def _open_index(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=_OPEN, postgresql_where=_OPEN)


def is_open_ticket() -> ColumnElement[bool]:
    """Say in a query that a ticket is not complete, in the words of its index."""
    # written out and not bound: only then does SQLite see that the index serves
    return Ticket.status != literal(COMPLETE, literal_execute=True)


class PicklistValue(Base):
    """One value of an editable list; ``list_name`` is a key of ``core.tickets.LISTS``."""

    __tablename__ = "picklist_value"
    __table_args__ = (
        UniqueConstraint("list_name", "value"),
        UniqueConstraint("list_name", "label"),
        Index("ix_picklist_value_label_key", "list_name", "label_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    list_name: Mapped[str] = mapped_column(String(20))
    value: Mapped[int]
    label: Mapped[str] = mapped_column(String(50))
    # the label folded: unique within its list
    label_key: Mapped[str] = mapped_column(
        String(200),
        default=lambda context: fold_name(context.get_current_parameters().get("label") or ""),
        server_default="",
    )
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
    system: Mapped[bool] = mapped_column(default=False)

    @validates("label")
    def _keep_key(self, _key: str, value: str) -> str:
        self.label_key = fold_name(value)
        return value


class TicketSequence(Base):
    """The last number given out on an Eastern day."""

    __tablename__ = "ticket_sequence"

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class Ticket(Base):
    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_status_last_activity", "status", "last_activity_at"),
        Index("ix_ticket_company_last_activity", "company_id", "last_activity_at"),
        Index("ix_ticket_queue_last_activity", "queue", "last_activity_at"),
        Index("ix_ticket_last_activity", "last_activity_at"),
        # what most look at, however many are complete; with the status in it SQLite counts without the rows
        _open_index("ix_ticket_open", "last_activity_at", "id", "status"),
        _open_index("ix_ticket_open_company", "company_id", "last_activity_at", "id", "status"),
        _open_index("ix_ticket_open_queue", "queue", "last_activity_at", "id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    title_fold = fold_of("title")
    description: Mapped[str] = mapped_column(Text, default="")
    description_fold = fold_of("description")
    resolution: Mapped[str] = mapped_column(Text, default="")
    resolution_fold = fold_of("resolution")
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    status: Mapped[int]
    priority: Mapped[int]
    queue: Mapped[int | None]
    source: Mapped[int | None]
    ticket_type: Mapped[int | None]
    external_id: Mapped[str] = mapped_column(String(100), default="")
    external_id_fold = fold_of("external_id")
    assigned_resource_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    completed_by_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))

    company: Mapped[Company] = relationship()
    assigned_resource: Mapped[Resource | None] = relationship(foreign_keys=[assigned_resource_id])
    completed_by: Mapped[Resource | None] = relationship(foreign_keys=[completed_by_id])
    creator: Mapped[Resource | None] = relationship(foreign_keys=[creator_id])
    udf_values: Mapped[list["TicketUdf"]] = relationship(cascade="all, delete-orphan")

    @validates("title", "description", "resolution", "external_id")
    def _keep_fold(self, key: str, value: str) -> str:
        setattr(self, f"{key}_fold", kept_fold(value))
        return value


class TicketUdf(Base):
    """A ticket's value in a user-defined field. An empty value has no row."""

    __tablename__ = "ticket_udf"
    __table_args__ = (Index("ix_ticket_udf_value", "udf_id", "value"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    udf_id: Mapped[int] = mapped_column(ForeignKey("udf.id"), primary_key=True)
    value: Mapped[str] = mapped_column(String(255))
    value_fold = fold_of("value")
    udf: Mapped[Udf] = relationship(lazy="joined")

    @validates("value")
    def _keep_fold(self, _key: str, value: str) -> str:
        self.value_fold = kept_fold(value)
        return value


class TicketNote(Base):
    """A note on a ticket. Without an author it is the portal's own, shown as "System"."""

    __tablename__ = "ticket_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(250))
    description: Mapped[str] = mapped_column(Text)
    title_fold = fold_of("title")
    description_fold = fold_of("description")
    note_type: Mapped[int]
    publish: Mapped[int]
    creator_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    created_at: Mapped[datetime]
    last_activity_at: Mapped[datetime]
    creator: Mapped[Resource | None] = relationship()

    @validates("title", "description")
    def _keep_fold(self, key: str, value: str) -> str:
        setattr(self, f"{key}_fold", kept_fold(value))
        return value


class TicketHistory(Base):
    """One changed field: when, who, what, from, to, as labels at that moment."""

    __tablename__ = "ticket_history"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(150))
    field: Mapped[str] = mapped_column(String(100))
    old: Mapped[str] = mapped_column(Text, default="")
    new: Mapped[str] = mapped_column(Text, default="")
