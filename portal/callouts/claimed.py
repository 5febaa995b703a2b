"""A delivery that is being sent: plain values, for threads that hold no database object."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose lease this process holds. ``round_attempt`` counts from 1 since the last "send again"."""

    id: int
    uid: str
    callout_id: int
    fields: str
    attempt: int
    round_attempt: int
    ticket_id: int
    created_at: datetime

    def ids(self) -> dict[str, int]:
        """Give what every line of the log about this attempt names."""
        return {
            "delivery": self.id,
            "callout": self.callout_id,
            "ticket": self.ticket_id,
            "attempt": self.attempt,
        }
