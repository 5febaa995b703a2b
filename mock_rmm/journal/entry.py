"""One request as the journal keeps it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from mock_rmm.diagnosis.finding import Finding

SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
MASK = "•••"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entry:
    id: int
    received_at: datetime
    endpoint: str
    """Its kind's name, which the JSON API calls `door`."""
    method: str
    path: str
    query: str
    headers: Headers
    """With what is secret masked."""
    body: bytes
    fields: dict[str, str]
    operation: str
    problem: str
    authorised: bool
    fault: str = ""
    answer_status: int | None = None
    """Empty while it is being answered, and for good when the connection was reset."""
    answer_body: bytes = b""
    answered_at: datetime | None = None
    receiver: str = ""
    findings: tuple[Finding, ...] = ()
    answer_headers: Headers = ()

    @property
    def webhook_id(self) -> str:
        return self.header("webhook-id")

    @property
    def attempt(self) -> int | None:
        text = self.header("x-callout-attempt")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 (a number, not a bomb)

    def header(self, wanted: str) -> str:
        return header_of(self.headers, wanted) or ""

    @cached_property
    def size(self) -> int:
        pairs = (*self.headers, *self.fields.items())
        sentences = [finding.sentence for finding in self.findings]
        return len(self.body) + len(self.query) + _length(pairs) + len("".join(sentences)) + self.answer_size

    @cached_property
    def answer_size(self) -> int:
        return len(self.answer_body) + _length(self.answer_headers)


def header_of(headers: Headers, wanted: str) -> str | None:
    """The first header with a name, in lower case; None when there is none."""
    return next((value for name, value in headers if name.lower() == wanted), None)


def _length(pairs: Headers) -> int:
    return len("".join([part for pair in pairs for part in pair]))


def masked(headers: Headers) -> Headers:
    return tuple((name, MASK if name.lower() in SECRET_HEADERS else value) for name, value in headers)


def time_json(moment: datetime) -> str:
    """A time as the JSON API and the exports write it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
