"""A channel: the recipients it has of a callout, what it writes to them, and the transport that sends it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from portal.models import Message
from portal.notify.notices import Notice
from portal.settings import Settings


@dataclass(frozen=True, slots=True)
class Content:
    """What is written to a recipient; the subject has one line."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Why a message did not leave, in words; ``final`` where another try is of no use."""

    text: str
    final: bool = False


class Transport(Protocol):
    """Sends one batch of messages, in one thread."""

    def send(self, message: Message) -> NotSent | None: ...

    def close(self) -> None: ...


class Channel(Protocol):
    """``name`` is stored with each message and never changes."""

    name: str

    def has_recipients(self) -> ColumnElement[bool]:
        """Write the condition that a callout has recipients in this channel."""

    def recipients(self, session: Session, callout_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
        """Read the recipients of callouts, as this channel writes an address (at most 254 characters)."""

    def write(self, notice: Notice) -> Content: ...

    def transport(self, settings: Settings) -> Transport | None:
        """Make the transport; None where the settings have none. Messages are then kept, to be sent later by hand."""
