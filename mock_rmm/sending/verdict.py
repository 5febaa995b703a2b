"""What a portal makes of an outcome: pure, so that every case can be tried.

(outcome, fault, attempt, policy, now) -> Delivered | Resent(in how many seconds) | GivenUp
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from mock_rmm.sending.outcome import Answered, Kind, NoAnswer

LONGEST_WAIT = 86_400
"""Retry-After is believed up to a day."""

MAY_PASS = {408, 425, 429}
PASSING = "errors that may pass (no answer, 408, 425, 429, 5xx, faults)"


@dataclass(frozen=True)
class Policy:
    """What the callout says of resending; the original's numbers are the defaults."""

    seconds: int = 60
    limit: int = 10
    """So often after the first attempt."""
    passing_only: bool = False

    @property
    def attempts(self) -> int:
        return self.limit + 1


@dataclass(frozen=True)
class Delivered:
    """A success."""


@dataclass(frozen=True)
class Resent:
    """Sent again, `at` an epoch second."""

    seconds: int
    at: int


@dataclass(frozen=True)
class GivenUp:
    """Failed for good."""


Verdict = Delivered | Resent | GivenUp


def kind_of(outcome: Answered | NoAnswer, fault: str | None) -> Kind | None:
    """The class of the failure; None for a success, which is a 2xx answer without a fault in its body."""
    match outcome:
        case NoAnswer(kind):
            return kind
        case Answered() if fault is not None:
            return Kind.FAULT
        case Answered(status):
            if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
                return None
            redirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
            return Kind.REDIRECT if redirected else Kind.HTTP


def judge(
    outcome: Answered | NoAnswer, fault: str | None, attempt: int, policy: Policy, now: datetime
) -> Verdict:
    if kind_of(outcome, fault) is None:
        return Delivered()
    if attempt > policy.limit or (policy.passing_only and not may_pass(outcome, fault)):
        return GivenUp()
    wait = max(policy.seconds, asked_wait(outcome, now))
    return Resent(wait, math.ceil(now.timestamp() + wait))


def may_pass(outcome: Answered | NoAnswer, fault: str | None) -> bool:
    """Whether a failure may pass by itself. 410 says that it won't, whatever its body says."""
    match outcome:
        case NoAnswer():
            return True
        case Answered(status):
            return status != HTTPStatus.GONE and (
                fault is not None or status in MAY_PASS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            )


def asked_wait(outcome: Answered | NoAnswer, now: datetime) -> int:
    """The seconds for which the receiver asks to be left alone: Retry-After, as seconds or a date."""
    text = outcome.header("retry-after").strip() if isinstance(outcome, Answered) else ""
    if text.isascii() and text.isdigit():
        # int() refuses thousands of digits; those that are left are longer than a day anyhow
        return min(int(text.lstrip("0")[:9] or "0"), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, min(math.ceil((moment - now).total_seconds()), LONGEST_WAIT))
