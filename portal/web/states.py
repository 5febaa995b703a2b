"""What a delivery's state looks like: a colour, an icon and a word, never one alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from portal.models import Delivery
from portal.models.delivery import CANCELLED, DELIVERED, FAILED, SENDING, SKIPPED, STATES, WAITING
from portal.services import services


@dataclass(frozen=True, slots=True)
class State:
    """``tone`` is a colour of portal.css: good, busy, warn, bad or quiet. ``next_at`` goes behind the text."""

    tone: str
    icon: str
    text: str
    next_at: datetime | None = None
    title: str = ""


LOOKS: dict[str, tuple[str, str]] = {
    WAITING: ("busy", "clock"),
    SENDING: ("busy", "send"),
    DELIVERED: ("good", "check-circle-fill"),
    FAILED: ("bad", "x-circle-fill"),
    CANCELLED: ("quiet", "dash-circle"),
    SKIPPED: ("quiet", "dash-circle"),
}


def describe(delivery: Delivery) -> State:
    """Say how a delivery stands, e.g. "Resending 3 of 11, next 14:05:10": the third try is the next."""
    tone, icon = LOOKS[delivery.state]
    word = STATES[delivery.state]
    this_round = delivery.attempts - delivery.attempts_before
    tries = services().settings.resend_limit + 1
    if delivery.state == WAITING and delivery.callout is not None and not delivery.callout.active:
        return State("quiet", "pause-circle", "Waiting, callout is inactive", title="Sent once it is active.")
    if delivery.state == WAITING and this_round:
        due = datetime.fromtimestamp(delivery.due_at, UTC)
        return State("warn", "arrow-repeat", f"Resending {this_round + 1} of {tries}", due)
    if delivery.state == SENDING and this_round > 1:
        return State("warn", "arrow-repeat", f"Sending, try {this_round} of {tries}")
    return State(tone, icon, word, title=delivery.reason)
