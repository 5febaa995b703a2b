"""Forms that were sent and taken, so that none is taken twice."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class FormSubmission(Base):
    """``token`` came with the page; ``entries`` is a keyed digest of what was entered, and ``leads_to`` the
    address of what the form made. Committed together with that.
    """

    __tablename__ = "form_submission"

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    token: Mapped[str] = mapped_column(String(64), primary_key=True)
    entries: Mapped[str] = mapped_column(String(64))
    leads_to: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime]
