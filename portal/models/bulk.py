"""Bulk jobs: what an administrator asked for many deliveries at once, and how far it is."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base

SEND_AGAIN, CANCEL = "send_again", "cancel"
BULK_OPEN, BULK_DONE, BULK_STOPPED = "open", "done", "stopped"
BULK_STATES = {BULK_OPEN: "Under way", BULK_DONE: "Done", BULK_STOPPED: "Stopped"}
_OPEN = text("state = 'open'")


class BulkJob(Base):
    """Only ``portal.delivery.bulk`` changes it. ``until`` is when its deliveries were counted, and ``total`` how many.

    What ends, or is made, after ``until`` is none of its business. ``position`` is the id of the last delivery
    that it has passed; ``changed`` counts those it moved, the others had changed by themselves meanwhile.
    """

    __tablename__ = "bulk_job"
    __table_args__ = (Index("ix_bulk_job_open", "id", sqlite_where=_OPEN, postgresql_where=_OPEN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10))
    # which deliveries, as portal.delivery.selection writes and reads it
    selection: Mapped[dict[str, Any]]
    until: Mapped[datetime]
    total: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    # who asked: the name stays when the resource is renamed
    created_by: Mapped[str] = mapped_column(String(101))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("resource.id"))
    ended_at: Mapped[datetime | None]
    stopped_by: Mapped[str] = mapped_column(String(101), default="")
