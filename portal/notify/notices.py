"""Notices about deliveries and callouts, as plain values; each channel writes them in its own way."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.texts import isolated


@dataclass(frozen=True, slots=True)
class DeliveryEnded:
    """A delivery was delivered, or failed for good.

    ``result`` is short: the last status, or why there was none; ``detail`` is the same with what it means and
    what to do. ``answer`` is the last answer's first lines, and ``remarks`` what was odd about it.
    """

    callout_id: int
    delivery_id: int
    callout: str
    ticket_id: int
    ticket_number: str
    ticket_title: str
    delivered: bool
    attempts: int
    result: str
    detail: str
    remarks: tuple[str, ...]
    answer: str
    link: str
    at: datetime

    def sentence(self) -> str:
        """Say it in one sentence: "Extension callout 'Acme RMM' delivered on attempt 3 (HTTP 200)."."""
        head = f"Extension callout '{isolated(self.callout)}'"
        if self.delivered:
            return f"{head} delivered on attempt {self.attempts} ({self.result})."
        plural = "attempt" if self.attempts == 1 else "attempts"
        return f"{head} failed after {self.attempts} {plural}: {self.result.rstrip('.')}."


@dataclass(frozen=True, slots=True)
class CalloutFailing:
    """A callout's last attempts, ``failures`` in a row, ended in errors; ``reason`` is the last of them."""

    callout_id: int
    callout: str
    failures: int
    reason: str
    link: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CalloutRecovered:
    """A callout that was failing since ``since`` has delivered again."""

    callout_id: int
    callout: str
    since: datetime
    link: str
    at: datetime


Notice = DeliveryEnded | CalloutFailing | CalloutRecovered
