"""An entry as a row of the database, and back."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mock_rmm.diagnosis.finding import Finding
from mock_rmm.journal.entry import Entry, Headers

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
    return (
        entry.id,
        microseconds(entry.received_at),
        entry.receiver,
        entry.endpoint,
        entry.webhook_id,
        entry.fault,
        entry.answer_status,
        None if entry.answered_at is None else microseconds(entry.answered_at),
        entry.size,
        # A list, so that a search can rely on the order of the three
        "[]"
        if not entry.findings
        else _dump([(finding.code, finding.severity, finding.sentence) for finding in entry.findings]),
        _dump(
            (
                entry.method,
                entry.path,
                entry.query,
                entry.headers,
                entry.fields,
                entry.operation,
                entry.problem,
                entry.authorised,
            )
        ),
        _dump(entry.answer_headers) if entry.answer_headers else "[]",
        entry.body,
        entry.answer_body,
    )


def entry_of(row: Row) -> Entry:
    method, path, query, headers, fields, operation, problem, authorised = json.loads(row[10])
    return Entry(
        id=row[0],
        received_at=moment(row[1]),
        receiver=row[2],
        endpoint=row[3],
        fault=row[5],
        answer_status=row[6],
        answered_at=None if row[7] is None else moment(row[7]),
        findings=tuple(Finding(*each) for each in json.loads(row[9])),
        method=method,
        path=path,
        query=query,
        headers=_pairs(headers),
        fields=fields,
        operation=operation,
        problem=problem,
        authorised=authorised,
        answer_headers=_pairs(json.loads(row[11])),
        body=row[12],
        answer_body=row[13],
    )


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
