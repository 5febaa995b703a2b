"""What came of an attempt, and what may follow: the values that the client, the formats and the judge share."""

from dataclasses import dataclass, replace
from enum import StrEnum
from http import HTTPStatus

from portal.core.callouts import RESEND_ANY, RESEND_CUSTOM, RESEND_LONG, RESEND_ORIGINAL
from portal.core.wire import Fault, one_line

# "Long": 27 h 35 min. A restart is bridged by the first, an hour's work on a receiver by the next three, and
# a night until somebody has come in and mended it by the last.
LONG_PAUSES = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
# Each of these is longer by up to a tenth, by chance: what failed together does not come back together.
_JITTER = 0.1
_MAX_REASON = 100


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


def status_line(status: int, reason: str = "") -> str:
    """Write ``HTTP 503 Service Unavailable``: the standard's phrase, unless the answer gave another."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    if not reason or reason.casefold() == phrase.casefold():
        reason = phrase
    return f"HTTP {status} {one_line(reason, _MAX_REASON)}".rstrip()
