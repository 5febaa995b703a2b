"""What the state of a delivery or a callout looks like: a colour, an icon and a word, never one alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from portal.core.verdicts import Resends
from portal.db.services import services
from portal.models import Callout, Delivery
from portal.models.delivery import CANCELLED, DELIVERED, FAILED, SENDING, SKIPPED, STATES, WAITING


@dataclass(frozen=True, slots=True)
class State:
    """``tone`` is a colour of portal.css: good, busy, warn, bad or quiet. ``next_at`` goes behind the text."""

    tone: str
    icon: str
    text: str
    next_at: datetime | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a callout stands: a badge, and beside it since when and why."""

    tone: str
    icon: str
    text: str
    since: datetime | None = None
    reason: str = ""


LOOKS: dict[str, tuple[str, str]] = {
    WAITING: ("busy", "clock"),
    SENDING: ("busy", "send"),
    DELIVERED: ("good", "check-circle-fill"),
    FAILED: ("bad", "x-circle-fill"),
    CANCELLED: ("quiet", "dash-circle"),
    SKIPPED: ("quiet", "dash-circle"),
}


_BEHIND_A_PROBE = (
    "The receiver keeps failing. One delivery at a time tries it; the others follow once one gets through."
)


def describe(delivery: Delivery) -> State:
    """Say how a delivery stands, e.g. "Resending 3 of 11, next 14:05:10": the third try is the next."""
    tone, icon = LOOKS[delivery.state]
    word = STATES[delivery.state]
    this_round = delivery.attempt_count - delivery.attempts_before
    tries = tries_of(delivery)
    if held := _held(delivery):
        return held
    if delivery.state == WAITING and this_round:
        due = datetime.fromtimestamp(delivery.due_at, UTC)
        return State("warn", "arrow-repeat", f"Resending {this_round + 1} of {tries}", due)
    if delivery.state == SENDING and this_round > 1:
        return State("warn", "arrow-repeat", f"Sending, try {this_round} of {tries}")
    return State(tone, icon, word, title=delivery.reason)


def tries_of(delivery: Delivery) -> int:
    """Say how many tries a round of a delivery has at most, as its callout stands now."""
    resends = delivery.callout.resends() if delivery.callout else Resends()
    return services().settings.policy(resends).tries


def holds(delivery: Delivery) -> str:
    """Say what of its callout a waiting delivery waits for: "inactive", "paused", "failing", or ""."""
    callout = delivery.callout
    if delivery.state != WAITING or callout is None:
        return ""
    if not callout.active or callout.paused:
        return "paused" if callout.active else "inactive"
    # what was tried already keeps its own schedule
    untried = delivery.attempt_count == delivery.attempts_before
    return "failing" if untried and callout.failing_since else ""


def of_callout(callout: Callout) -> list[Standing]:
    """Return what stands in the way of a callout that is active."""
    found = []
    if callout.paused:
        found.append(Standing("warn", "pause-circle", "Paused"))
    if callout.failing_since:
        found.append(
            Standing(
                "bad",
                "exclamation-triangle-fill",
                "Failing",
                since=callout.failing_since,
                reason=callout.failing_reason,
            )
        )
    return found


def _held(delivery: Delivery) -> State | None:
    match holds(delivery):
        case "inactive":
            return State(
                "quiet", "pause-circle", "Waiting, callout is inactive", title="Sent once it is active."
            )
        case "paused":
            return State(
                "quiet", "pause-circle", "Waiting, callout is paused", title="Sent once it is resumed."
            )
        case "failing":
            return State("warn", "hourglass-split", "Waiting behind a probe", title=_BEHIND_A_PROBE)
        case _:
            return None
