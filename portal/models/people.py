"""Companies, and the resources who sign in."""

import secrets
from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.models.base import Base

ADMINISTRATOR, SERVICE_DESK, API_USER = "administrator", "service_desk", "api"
SECURITY_LEVELS = {
    ADMINISTRATOR: "Administrator",
    SERVICE_DESK: "Service Desk User",
    API_USER: "API User (API only)",
}
EMAIL_SLOTS = {1: "primary", 2: "second", 3: "third"}


def fold_user_name(user_name: str) -> str:
    return user_name.strip().casefold()


class Company(Base):
    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    active: Mapped[bool] = mapped_column(default=True)


class Resource(Base, UserMixin):  # type: ignore[misc] # Flask-Login is untyped
    """Someone who works with tickets, or a program that does (an API User). Never deleted."""

    __tablename__ = "resource"
    id: Mapped[int] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(String(50))
    last_name: Mapped[str] = mapped_column(String(50))
    user_name: Mapped[str] = mapped_column(String(100))
    # the user name folded: they are unique, and are found, without regard to case
    user_name_key: Mapped[str] = mapped_column(String(200), unique=True)
    email1: Mapped[str] = mapped_column(String(254), default="")
    email2: Mapped[str] = mapped_column(String(254), default="")
    email3: Mapped[str] = mapped_column(String(254), default="")
    active: Mapped[bool] = mapped_column(default=True)
    security_level: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    # changes with the password, so that older sessions end
    session_key: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    time_zone: Mapped[str] = mapped_column(String(64), default="America/New_York")
    last_sign_in: Mapped[datetime | None]

    @validates("user_name")
    def _fold(self, _key: str, value: str) -> str:
        self.user_name_key = fold_user_name(value)
        return value

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def is_admin(self) -> bool:
        return self.security_level == ADMINISTRATOR

    def email(self, slot: int) -> str:
        return {1: self.email1, 2: self.email2, 3: self.email3}[slot]

    def get_id(self) -> str:
        return f"{self.id}:{self.session_key}"


class CalloutRecipient(Base):
    """A resource's address that a callout notifies."""

    __tablename__ = "callout_recipient"

    callout_id: Mapped[int] = mapped_column(ForeignKey("callout.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    resource: Mapped[Resource] = relationship(lazy="joined")
