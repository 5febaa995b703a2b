"""Extension callouts: where, how and with which credentials a ticket's change is told."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.core.wire import Target
from portal.models.base import Base
from portal.models.people import CalloutRecipient
from portal.models.udf import Udf


class Callout(Base):
    __tablename__ = "callout"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    url: Mapped[str] = mapped_column(String(2000))
    username: Mapped[str] = mapped_column(String(255), default="")
    # MultiFernet, by portal.delivery.credentials; None when no password is stored
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
    updated_at: Mapped[datetime | None]

    udf: Mapped[Udf | None] = relationship()
    recipients: Mapped[list[CalloutRecipient]] = relationship(cascade="all, delete-orphan")

    def target(self) -> Target:
        """Give what the formats need to know of this callout."""
        return Target(
            self.url,
            self.transport,
            self.method_name,
            self.soap_action,
            self.namespace_override,
            self.xml_rpc_parameters,
        )
