"""Extension callouts: where, how and with which credentials a ticket's change is sent.

``portal.callouts.fields`` declares what can be entered for each column.
"""

from dataclasses import fields
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.verdicts import Resends
from portal.core.wire import Target
from portal.models.base import Base, Named
from portal.models.people import CalloutRecipient
from portal.models.udf import Udf


class Callout(Named, Base):
    __tablename__ = "callout"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    url: Mapped[str] = mapped_column(String(2000))
    username: Mapped[str] = mapped_column(String(255), default="")
    # MultiFernet, by portal.db.encryption; None when no password is stored
    password_encrypted: Mapped[str | None]
    udf_id: Mapped[int | None] = mapped_column(ForeignKey("udf.id"))
    transport: Mapped[str] = mapped_column(String(10), default="POST")
    data_format: Mapped[str] = mapped_column(String(20), default="name_value")
    method_name: Mapped[str] = mapped_column(String(255), default="")
    soap_action: Mapped[str] = mapped_column(String(500), default="")
    namespace_override: Mapped[str] = mapped_column(String(500), default="")
    xml_rpc_parameters: Mapped[str] = mapped_column(String(10), default="struct")
    only_on_failure: Mapped[bool] = mapped_column(default=False)
    resend_after: Mapped[str] = mapped_column(String(10), default="any")
    resend_preset: Mapped[str] = mapped_column(String(10), default="original")
    # of the preset "custom"
    resend_seconds: Mapped[int | None]
    resend_limit: Mapped[int | None]
    # None is no limit of its own
    max_per_second: Mapped[int | None]
    max_parallel: Mapped[int | None]
    timeout_seconds: Mapped[int | None]
    # MultiFernet, like the password; while secrets are changed, both sign
    signing_secret_encrypted: Mapped[str | None]
    signing_secret_old_encrypted: Mapped[str | None]
    # its deliveries wait (an inactive one's new ones are skipped)
    paused: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime | None]
    # What follows is the workers', and no edit of the callout: attempts that ended in an error since the
    # last that delivered, and since when and why it counts as failing.
    failures_in_row: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    failing_reason: Mapped[str] = mapped_column(Text, default="")
    # while it is failing: the epoch second from which one untried delivery may go out
    probe_at: Mapped[int] = mapped_column(default=0)
    # where deliveries a second are limited: the epoch microsecond up to which their time is used
    paced_until: Mapped[int] = mapped_column(BigInteger, default=0)

    udf: Mapped[Udf | None] = relationship()
    recipients: Mapped[list[CalloutRecipient]] = relationship(cascade="all, delete-orphan")

    def target(self) -> Target:
        """Return what the formats need to know of this callout."""
        return Target(**{each.name: getattr(self, each.name) for each in fields(Target)})

    def resends(self) -> Resends:
        """Return what this callout says of sending again."""
        return Resends(self.resend_after, self.resend_preset, self.resend_seconds, self.resend_limit)
