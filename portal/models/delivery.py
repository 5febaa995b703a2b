"""Deliveries with their attempts, and the outbox of messages: what must be sent, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.models.base import Base, unindexed
from portal.models.callout import Callout
from portal.models.ticket import Ticket

WAITING, SENDING, DELIVERED, FAILED, CANCELLED, SKIPPED = (
    "waiting",
    "sending",
    "delivered",
    "failed",
    "cancelled",
    "skipped",
)
STATES = {
    WAITING: "Waiting",
    SENDING: "Sending",
    DELIVERED: "Delivered",
    FAILED: "Failed",
    CANCELLED: "Cancelled",
    SKIPPED: "Skipped",
}
OPEN_STATES = (WAITING, SENDING)
ENDED_STATES = (DELIVERED, FAILED, CANCELLED, SKIPPED)
_OPEN = text("state IN ('waiting', 'sending')")
_ENDED = text("ended_at IS NOT NULL")
_WRONG = text("error_kind <> ''")
_RESEND = text("state = 'waiting' AND attempts > attempts_before")
# Written out and not bound: only then does SQLite see that an index of what is open serves.
_OPEN_WRITTEN: BindParameter[Any] = bindparam(
    "open_states", OPEN_STATES, expanding=True, literal_execute=True
)


def is_open(entity: Any) -> ColumnElement[bool]:
    """Say in a query that a delivery (or a mail) has not ended; ``entity`` is the model or an alias."""
    condition: ColumnElement[bool] = entity.state.in_(_OPEN_WRITTEN)
    return condition


def of_callout(callout_id: int, *, by_state: bool) -> ColumnElement[bool]:
    """Say in a query that a delivery belongs to a callout; ``by_state`` where its state is what finds it.

    What is open is few, whatever a callout has sent: it is found by its state, and then asked for its callout.
    """
    condition: ColumnElement[bool] = (
        unindexed(Delivery.callout_id) if by_state else Delivery.callout_id
    ) == callout_id
    return condition


class Delivery(Base):
    """One callout of one change of one ticket. Only ``portal.delivery.outbox`` changes its state.

    ``due_at`` (epoch seconds) is the next time anyone need look at the row: now for a new one, the
    resend's time, or the end of a lease.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        # what the claim reads: due work of one callout, and "is an earlier one of this ticket open?"
        Index("ix_delivery_due", "callout_id", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(
            "ix_delivery_order", "ticket_id", "callout_id", "id", sqlite_where=_OPEN, postgresql_where=_OPEN
        ),
        # resends alone: what a failing callout may send, however much waits behind its probe. What is
        # delivered at the first try never enters it.
        Index("ix_delivery_resend", "callout_id", "due_at", sqlite_where=_RESEND, postgresql_where=_RESEND),
        # what the pages read
        Index("ix_delivery_ticket", "ticket_id", "id"),
        Index("ix_delivery_callout", "callout_id", "id"),
        Index("ix_delivery_state", "state", "id"),
        # what the pages read in the order of ends, and what is deleted once it is old enough; written
        # once, when a delivery ends
        Index("ix_delivery_ended", "state", "ended_at", "id", sqlite_where=_ENDED, postgresql_where=_ENDED),
        Index(
            "ix_delivery_callout_ended",
            "callout_id",
            "state",
            "ended_at",
            "id",
            sqlite_where=_ENDED,
            postgresql_where=_ENDED,
        ),
        # ids are the order of a ticket's changes: SQLite must never give one out twice
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # the webhook-id: the same on each resend
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    callout_id: Mapped[int | None] = mapped_column(ForeignKey("callout.id", ondelete="SET NULL"))
    callout_name: Mapped[str] = mapped_column(String(100))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    rule_name: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(10))
    # why it was skipped or cancelled
    reason: Mapped[str] = mapped_column(Text, default="")
    # the seven values at the moment of the event, as JSON
    fields: Mapped[str] = mapped_column(Text)
    due_at: Mapped[int]
    attempt_count: Mapped[int] = mapped_column("attempts", default=0)
    # attempts of earlier rounds: "send again" starts a new round
    attempts_before: Mapped[int] = mapped_column(default=0)
    # who holds the lease while it is being sent
    claim: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    callout: Mapped[Callout | None] = relationship()
    ticket: Mapped[Ticket] = relationship()
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number", viewonly=True)

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES


class Attempt(Base):
    """One try: what was sent, and what came back. Headers are kept as "Name: value" lines."""

    __tablename__ = "attempt"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        # what the dashboard counts, without a look at the rows and their bodies
        Index("ix_attempt_started", "started_at", "duration_ms", "error_kind"),
        # what the list of deliveries is filtered by
        Index("ix_attempt_error", "error_kind", "delivery_id", sqlite_where=_WRONG, postgresql_where=_WRONG),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"))
    number: Mapped[int]
    started_at: Mapped[datetime]
    duration_ms: Mapped[int]
    method: Mapped[str] = mapped_column(String(10), default="")
    url: Mapped[str] = mapped_column(Text, default="")
    request_headers: Mapped[str] = mapped_column(Text, default="")
    request_body: Mapped[str] = mapped_column(Text, default="")
    # characters that the format could not carry and that went out as U+FFFD
    replaced: Mapped[int] = mapped_column(default=0)
    status: Mapped[int | None]
    status_reason: Mapped[str] = mapped_column(String(100), default="")
    answer_headers: Mapped[str] = mapped_column(Text, default="")
    # the first 16 KiB
    answer_body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    answer_cut: Mapped[bool] = mapped_column(default=False)
    error_kind: Mapped[str] = mapped_column(String(20), default="")
    # in words; "" means that this attempt delivered
    error: Mapped[str] = mapped_column(Text, default="")

    remarks: Mapped[list["AttemptRemark"]] = relationship(
        order_by="AttemptRemark.place", viewonly=True, lazy="selectin"
    )


class AttemptRemark(Base):
    """Something odd about an attempt's answer: a code to search by, and a sentence. A code comes once an attempt."""

    __tablename__ = "attempt_remark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["delivery_id", "number"], ["attempt.delivery_id", "attempt.number"], ondelete="CASCADE"
        ),
        # what the list of deliveries is filtered by
        Index("ix_attempt_remark_code", "code", "delivery_id"),
    )

    delivery_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    # the order in which they are shown
    place: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(Text)

    @property
    def first_sentence(self) -> str:
        """Say what it is, for lists; what follows explains it."""
        return self.text.partition(". ")[0].rstrip(".") + "."


MESSAGE_WAITING, MESSAGE_SENDING, MESSAGE_SENT, MESSAGE_FAILED, MESSAGE_KEPT = (
    "waiting",
    "sending",
    "sent",
    "failed",
    "kept",
)
MESSAGE_STATES = {
    MESSAGE_WAITING: "Waiting",
    MESSAGE_SENDING: "Sending",
    MESSAGE_SENT: "Sent",
    MESSAGE_FAILED: "Failed",
    MESSAGE_KEPT: "Kept",
}


class Message(Base):
    """A message to one recipient by one channel, an e-mail for example; ``to_address`` is as the channel writes it.

    Kept: the channel had no transport (no mail server was configured), so it can only be read here.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_due", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_mail_state", "state", "id"),
        # what is deleted once it is old enough
        Index("ix_mail_created", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # a name of portal.notify.channels
    channel: Mapped[str] = mapped_column(String(20), default="email")
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(500))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[int]
    attempts: Mapped[int] = mapped_column(default=0)
    claim: Mapped[str | None] = mapped_column(String(32))
    error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("delivery.id", ondelete="SET NULL"), index=True
    )
