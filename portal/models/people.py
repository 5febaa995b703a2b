"""Companies, and the resources who sign in."""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import Connection, ForeignKey, String, delete, event, inspect
from sqlalchemy.orm import InstanceState, Mapped, Mapper, mapped_column, relationship, validates

from portal.core.texts import fold
from portal.models.base import Base, Named

ADMINISTRATOR, SERVICE_DESK, API_USER = "administrator", "service_desk", "api"
SECURITY_LEVELS = {
    ADMINISTRATOR: "Administrator",
    SERVICE_DESK: "Service Desk User",
    API_USER: "API User (API only)",
}
EMAIL_SLOTS = {1: "primary", 2: "second", 3: "third"}


def fold_user_name(user_name: str) -> str:
    return fold(user_name.strip())


class Company(Named, Base):
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
    # first and last name folded, for searching and sorting
    name_fold: Mapped[str] = mapped_column(String(410), default="", server_default="")
    user_name: Mapped[str] = mapped_column(String(100))
    # the user name folded: they are unique, and are found, without regard to case
    user_name_key: Mapped[str] = mapped_column(String(200), unique=True)
    email1: Mapped[str] = mapped_column(String(254), default="")
    email2: Mapped[str] = mapped_column(String(254), default="")
    email3: Mapped[str] = mapped_column(String(254), default="")
    # of these three the old value is always known: a change of one ends the resource's sessions
    active: Mapped[bool] = mapped_column(default=True, active_history=True)
    security_level: Mapped[str] = mapped_column(String(20), active_history=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="", active_history=True)
    time_zone: Mapped[str] = mapped_column(String(64), default="America/New_York")
    last_sign_in: Mapped[datetime | None]

    @validates("user_name")
    def _fold(self, _key: str, value: str) -> str:
        self.user_name_key = fold_user_name(value)
        return value

    @validates("first_name", "last_name")
    def _fold_name(self, key: str, value: str) -> str:
        names = {"first_name": self.first_name, "last_name": self.last_name} | {key: value}
        self.name_fold = fold(" ".join(filter(None, names.values())))
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


class WebSession(Base):
    """A resource that is signed in to the pages, from one browser. Sign-out deletes it."""

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    # of what the browser's cookie holds only the SHA-256: who reads the database can't go on with a session
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    address: Mapped[str] = mapped_column(String(45))
    browser: Mapped[str] = mapped_column(String(40))


@event.listens_for(Resource, "after_update")
def _end_sessions(_mapper: Mapper[Resource], connection: Connection, resource: Resource) -> None:
    """End a resource's sessions with a new password or level, or its inactivation, whoever changes it."""
    state: InstanceState[Resource] = inspect(resource)
    if any(state.attrs[name].history.has_changes() for name in ("active", "security_level", "password_hash")):
        connection.execute(delete(WebSession).where(WebSession.resource_id == resource.id))


class CalloutRecipient(Base):
    """A resource's address that a callout notifies."""

    __tablename__ = "callout_recipient"

    callout_id: Mapped[int] = mapped_column(ForeignKey("callout.id", ondelete="CASCADE"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    resource: Mapped[Resource] = relationship(lazy="joined")
