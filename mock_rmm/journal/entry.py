"""One request as the journal keeps it."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from mock_rmm.diagnosis.finding import Finding

SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie"}
MASK = "•••"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Entry:
    id: int
    received_at: datetime
    endpoint: str  # its kind's name, which the JSON API calls `door`
    method: str
    path: str
    query: str
    headers: Headers  # with what is secret masked
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


def exact(body: bytes) -> str | None:
    """The bytes in base64, where text can't carry them."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return b64encode(body).decode()
    return None


def time_json(moment: datetime) -> str:
    """A time as the JSON API and the exports write it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    receiver TEXT NOT NULL,
    door TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    fault TEXT NOT NULL,
    answer_status INTEGER,
    answered_at INTEGER,
    size INTEGER NOT NULL,
    findings TEXT NOT NULL,
    request TEXT NOT NULL,
    answer_headers TEXT NOT NULL,
    body BLOB NOT NULL,
    answer_body BLOB NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_webhook_id ON entries (webhook_id, id) WHERE webhook_id <> '';
CREATE TABLE IF NOT EXISTS counters (last_id INTEGER NOT NULL, dropped INTEGER NOT NULL) STRICT;
INSERT INTO counters SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM counters);
"""
COLUMNS = (
    "id, received_at, receiver, door, webhook_id, fault, answer_status, answered_at, size, findings, request, "
    "answer_headers, body, answer_body"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLION = 1_000_000

Row = Sequence[Any]

_dump = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Escapes all but ASCII, so that nothing a caller sends can break UTF-8."""


def row_of(entry: Entry) -> Row:
    # A list of lists, so that a search can rely on the order of the three
    findings = [(finding.code, finding.severity, finding.sentence) for finding in entry.findings]
    request = (
        entry.method, entry.path, entry.query, entry.headers, entry.fields, entry.operation, entry.problem,
        entry.authorised,
    )  # fmt: skip
    return (
        entry.id, microseconds(entry.received_at), entry.receiver, entry.endpoint, entry.webhook_id, entry.fault,
        entry.answer_status, None if entry.answered_at is None else microseconds(entry.answered_at), entry.size,
        _dump(findings), _dump(request), _dump(entry.answer_headers), entry.body, entry.answer_body,
    )  # fmt: skip


def entry_of(row: Row) -> Entry:
    entry_id, received_at, receiver, endpoint, _, fault, status, answered_at, *rest = row
    _size, findings, request, answer_headers, body, answer_body = rest
    method, path, query, headers, fields, operation, problem, authorised = json.loads(request)
    return Entry(
        entry_id, moment(received_at), endpoint, method, path, query, _pairs(headers), body, fields, operation,
        problem, authorised, fault, status, answer_body, None if answered_at is None else moment(answered_at), receiver,
        tuple(Finding(*each) for each in json.loads(findings)), _pairs(json.loads(answer_headers)),
    )  # fmt: skip


def escaped(text: str) -> str:
    """A text as it stands within the database's JSON."""
    return _dump(text)[1:-1]


def microseconds(value: datetime) -> int:
    past = value - EPOCH
    return (past.days * 86_400 + past.seconds) * MILLION + past.microseconds


def moment(value: int) -> datetime:
    return datetime.fromtimestamp(value // MILLION, UTC).replace(microsecond=value % MILLION)


def _pairs(headers: list[list[str]]) -> Headers:
    return tuple((name, value) for name, value in headers)
