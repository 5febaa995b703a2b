"""What an attempt's outcome means for its delivery: pure, so that every case can be tested.

(outcome, attempt of this round, policy, now, chance) -> Delivered | TryAgain(at) | GaveUp
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import assert_never

from portal.core.advice import advice
from portal.core.callouts import RESEND_ANY, RESEND_CUSTOM, RESEND_LONG, RESEND_ORIGINAL, RESEND_PASSING
from portal.core.wire import Fault, one_line

# Retry-After is believed up to a day: a receiver's slip must not park a delivery for years.
MAX_RETRY_AFTER = 86_400
# "Long": 27 h 35 min. A restart is bridged by the first, an hour's work on a receiver by the next three, and
# a night until somebody has come in and mended it by the last.
LONG_PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
# Each of these is longer by up to a tenth, by chance: what failed together does not come back together.
_JITTER = 0.1
_MAX_REASON = 100
_MAY_PASS = frozenset({408, 425, 429})


class ErrorKind(StrEnum):
    """The class of an error: a word to filter by."""

    DNS = "dns"
    CONNECT = "connect"
    RESET = "reset"
    TIMEOUT = "timeout"
    TLS = "tls"
    REDIRECT = "redirect"
    REFUSED_ADDRESS = "refused address"
    HTTP = "http"
    FAULT = "fault"
    PROTOCOL = "protocol"
    LOST = "lost"
    REQUEST = "request"


HTML_PAGE, UNREADABLE, MALFORMED = "body.html-page", "body.unreadable", "body.malformed-xml"
NO_RESPONSE, OTHER_NAMESPACE, NOT_WHOLE = "body.no-response", "body.other-namespace", "body.not-whole"
# what may be odd about a body: the code that is stored, and how it is called
REMARKS = {
    OTHER_NAMESPACE: "Answer in another namespace",
    HTML_PAGE: "HTML page as the answer",
    NO_RESPONSE: "No response of the method",
    UNREADABLE: "Answer that could not be read",
    MALFORMED: "XML with mistakes",
    NOT_WHOLE: "Answer longer than what is read",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """Something odd about an answer that still counts. ``code`` is stored and searched by; ``text`` is a sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The receiver answered. ``body`` is what was read of it; ``more`` says that there was more.

    ``remarks`` says what was untidy about its head and framing.
    """

    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    more: bool = False
    remarks: tuple[Remark, ...] = ()

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a format reads in an answer's body: that the receiver failed, or what is odd if it did not."""

    fault: Fault | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No whole answer came. ``text`` is a sentence for the log."""

    kind: ErrorKind
    text: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The portal itself would not send: trying again cannot help. ``text`` says why."""

    kind: ErrorKind
    text: str


Outcome = Answered | Unreachable | Refused


@dataclass(frozen=True, slots=True)
class Resends:
    """What a callout says of sending again: after what, how often, and (custom) with which numbers."""

    after: str = RESEND_ANY
    preset: str = RESEND_ORIGINAL
    seconds: int | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """``resend_seconds`` between tries, at most ``resend_limit`` of them after the first.

    ``pauses`` are given one by one where they differ.
    """

    resend_seconds: int = 60
    resend_limit: int = 10
    resend_after: str = RESEND_ANY
    pauses: tuple[int, ...] = ()

    @property
    def tries(self) -> int:
        return self.resend_limit + 1

    def pause(self, attempt: int, chance: float) -> float:
        """Give the seconds after a round's ``attempt``-th try; ``chance`` is from 0 up to 1."""
        if not self.pauses:
            return self.resend_seconds
        return self.pauses[min(attempt, len(self.pauses)) - 1] * (1 + _JITTER * chance)


def policy_of(resends: Resends, original: Policy) -> Policy:
    """Give the policy that a callout chose; ``original`` is the one of the settings."""
    if resends.preset == RESEND_LONG:
        return Policy(LONG_PAUSES[0], len(LONG_PAUSES), resends.after, LONG_PAUSES)
    if resends.preset == RESEND_CUSTOM and resends.seconds is not None and resends.limit is not None:
        return Policy(resends.seconds, resends.limit, resends.after)
    return replace(original, resend_after=resends.after)


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class TryAgain:
    """``at`` is the earliest epoch second at which it is sent again."""

    at: int


@dataclass(frozen=True, slots=True)
class GaveUp:
    pass


Verdict = Delivered | TryAgain | GaveUp


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, in one word and in one sentence."""

    kind: ErrorKind
    text: str


def trouble(outcome: Outcome, meaning: Fault | None, host: str) -> Trouble | None:
    """Say what is wrong with an outcome, or None: a 2xx without a fault in the body is a success."""
    match outcome:
        case Unreachable(kind, text) | Refused(kind, text):
            return Trouble(kind, text)
        case Answered():
            return _trouble_in_answer(outcome, meaning, host)
        case _:
            assert_never(outcome)


def judge(
    outcome: Outcome, found: Trouble | None, attempt: int, policy: Policy, now: datetime, chance: float = 0.0
) -> Verdict:
    """Decide what becomes of a delivery after its ``attempt``-th try (1 is the first) of this round."""
    if found is None:
        return Delivered()
    if isinstance(outcome, Refused) or attempt > policy.resend_limit:
        return GaveUp()
    if policy.resend_after == RESEND_PASSING and not _may_pass(outcome, found):
        return GaveUp()
    wait = max(policy.pause(attempt, chance), asked_wait(outcome, now))
    return TryAgain(math.ceil(now.timestamp() + wait))


def asked_wait(outcome: Outcome, now: datetime) -> int:
    """Give the seconds for which a receiver asks not to be asked again."""
    return retry_after(outcome.header("retry-after"), now) if isinstance(outcome, Answered) else 0


def retry_after(value: str, now: datetime) -> int:
    """Read a Retry-After header (RFC 9110, 10.2.3: seconds or a date); 0 if it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        # int() refuses thousands of digits, and ten of them are longer than a day already
        return min(int(value.lstrip("0")[:10] or 0), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0, math.ceil((moment - now).total_seconds())), MAX_RETRY_AFTER)


def status_line(status: int, reason: str = "") -> str:
    """Write ``HTTP 503 Service Unavailable``: the standard's phrase, unless the answer gave another."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    if not reason or reason.casefold() == phrase.casefold():
        reason = phrase
    return f"HTTP {status} {one_line(reason, _MAX_REASON)}".rstrip()


def _may_pass(outcome: Outcome, found: Trouble) -> bool:
    match outcome:
        case Unreachable():
            return True
        case Refused():
            return False
        case Answered(status):
            # 410 says itself that it will not pass, whatever fault stands in the body
            return status != HTTPStatus.GONE and (
                found.kind is ErrorKind.FAULT
                or status in _MAY_PASS
                or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            )
        case _:
            assert_never(outcome)


def _trouble_in_answer(answer: Answered, meaning: Fault | None, host: str) -> Trouble | None:
    line = status_line(answer.status, answer.reason)
    if meaning is not None:
        how = "with a fault" if meaning.clear else "with a fault that can't be read well"
        return Trouble(ErrorKind.FAULT, f"{line} from {host}: the receiver answered {how}: {meaning.text}")
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    redirected = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
    kind = ErrorKind.REDIRECT if redirected else ErrorKind.HTTP
    said = advice(answer.status, answer.headers, answer.body)
    return Trouble(kind, f"{line} from {host}" + (f": {said}" if said else "."))
