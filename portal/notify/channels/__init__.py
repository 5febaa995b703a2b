"""How the end of a delivery is told: one file a channel, and this literal list of them.

If nobody is notified, no note is added to the ticket either; if somebody is, a note is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from portal.core.texts import isolated
from portal.notify.channels.email import Email
from portal.notify.channels.ticket_note import AddNote


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a delivery, in plain values. ``answer`` is the last answer's first lines,
    and ``remarks`` what was odd about it.
    """

    delivery_id: int
    callout: str
    ticket_id: int
    ticket_number: str
    ticket_title: str
    delivered: bool
    attempts: int
    result: str
    """In short: the last status, or why there was none."""
    detail: str
    """The same with what it means and what to do."""
    remarks: tuple[str, ...]
    answer: str
    link: str
    addresses: tuple[str, ...]
    at: datetime
    mail_state: str
    """Whether mails wait to be sent, or are kept because there is no mail server."""

    def sentence(self) -> str:
        """Say it in one sentence: "Extension callout 'Acme RMM' delivered on attempt 3 (HTTP 200)."."""
        head = f"Extension callout '{isolated(self.callout)}'"
        if self.delivered:
            return f"{head} delivered on attempt {self.attempts} ({self.result})."
        plural = "attempt" if self.attempts == 1 else "attempts"
        return f"{head} failed after {self.attempts} {plural}: {self.result.rstrip('.')}."


class Channel(Protocol):
    name: str

    def tell(self, session: Session, ending: Ending) -> None:
        """Write what is told, in the transaction that ends the delivery."""


CHANNELS: dict[str, Channel] = {each.name: each for each in (Email(), AddNote())}
