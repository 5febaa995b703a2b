"""Tickets and finished deliveries in volume, as a year of use would leave them, to look at pages and queries with.

All of it happens inside the database, chunk by chunk: each is a transaction of its own, in the order of time.
A second call adds to the first.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    SQLColumnExpression,
    String,
    case,
    cast,
    func,
    insert,
    literal,
    null,
    select,
    text,
)
from sqlalchemy.orm import Session

from portal.core.tickets import COMPLETE, NEW, WORKFLOW_ACTION_NOTE
from portal.models import (
    Attempt,
    Callout,
    Company,
    Delivery,
    Ticket,
    TicketHistory,
    TicketNote,
    TicketUdf,
    Udf,
)
from portal.models.base import Base
from portal.models.delivery import CANCELLED, DELIVERED, FAILED, SKIPPED
from portal.models.udf import TEXT

DAYS = 365
# of each ticket
DELIVERIES = 4
# of one that failed; any other has one
ATTEMPTS = 11
_CHUNK = 20_000
_FIELDS = {
    "id": "8176",
    "number": "T20211120.0001",
    "status": "Complete",
    "created_datetime": "2021-11-20T10:43:34.9030000-05:00",
    "last_activity_datetime": "2022-03-25T11:23:58.6100000-04:00",
    "domain": "DEV3.COM",
    "udf": "ALERT-1",
}
_HEADERS = (
    "Content-Type: application/x-www-form-urlencoded\nUser-Agent: Roundtrip\nwebhook-id: msg_0123456789abcdef\n"
    "webhook-timestamp: 1650000000\nX-Callout-Attempt: 1\nAuthorization: •••"
)


def fill(
    engine: Engine,
    deliveries: int,
    *,
    now: datetime,
    tickets: int | None = None,
    progress: Callable[[int], object] = lambda _tickets: None,
) -> None:
    """Add finished deliveries of the existing callouts to new tickets with UDF values, notes and history.

    They end over the year before ``now``: 96 of 100 delivered, 2 failed, 1 cancelled, 1 skipped. ``progress`` is
    called after each chunk with the number of its tickets.
    """
    tickets = tickets or max(1, deliveries // DELIVERIES)
    with Session(engine) as session, session.begin():
        company, callouts, udfs = _company(session), _callouts(session), _udfs(session)
    step = max(1, _CHUNK * tickets // max(tickets, deliveries))
    for start in range(0, tickets, step):
        end = min(start + step, tickets)
        with engine.begin() as connection:
            first_ticket, first = _lock(connection)
            numbers = _numbers(start, end)
            ticket = first_ticket + numbers.c.number - start
            at = _moment(connection, now, numbers.c.number - tickets, tickets)
            _add_tickets(connection, numbers, ticket, company, at)
            _add_surroundings(connection, first_ticket, udfs)
            # numbered consecutively, as the tickets are
            begin, until = start * deliveries // tickets, end * deliveries // tickets
            numbers = _numbers(begin, until)
            number = numbers.c.number
            ticket = first_ticket + number * tickets // deliveries - start
            at = _moment(connection, now, number - deliveries, deliveries)
            _add_deliveries(connection, numbers, first + number - begin, ticket, callouts, at)
            _add_attempts(connection, first)
            _add_notes(connection, first)
            _set_sequences(connection)
        progress(end - start)
    _analyze(engine)


def _company(session: Session) -> int:
    row = session.scalar(select(Company).order_by(Company.id).limit(1)) or Company(name="Filled")
    session.add(row)
    session.flush()
    return row.id


def _callouts(session: Session) -> list[tuple[int, str]]:
    if not session.scalar(select(Callout.id).limit(1)):
        session.add(Callout(name="Filled", url="http://127.0.0.1:9/", data_format="name_value", active=False))
        session.flush()
    return [(row.id, row.name) for row in session.scalars(select(Callout).order_by(Callout.id))]


def _udfs(session: Session) -> list[int]:
    return list(session.scalars(select(Udf.id).where(Udf.type == TEXT).order_by(Udf.id)))


def _lock(connection: Connection) -> tuple[int, int]:
    """Keep others from writing, and return the next ids of tickets and deliveries."""
    # SQLite's transactions that may write have its lock already
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE ticket, delivery IN EXCLUSIVE MODE"))
    first, second = ((connection.scalar(select(func.max(model.id))) or 0) + 1 for model in (Ticket, Delivery))
    return first, second


def _numbers(start: int, end: int) -> CTE:
    """Count from ``start`` to before ``end``, inside the database."""
    numbers = select(literal(start, BigInteger).label("number")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < end - 1))


def _moment(connection: Connection, now: datetime, part: ColumnElement[int], of: int) -> ColumnElement[Any]:
    """Return a time before ``now``: a negative ``part`` of the year, as the column type keeps it."""
    seconds = int(timedelta(days=DAYS).total_seconds())
    # divided first: the product would be too great for a 32-bit number
    epoch = int(now.timestamp()) + part * max(1, seconds // of)
    if connection.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M:%f000", epoch, "unixepoch")
    return func.to_timestamp(epoch)


def _add_tickets(
    connection: Connection, numbers: CTE, ticket_id: ColumnElement[int], company: int, at: ColumnElement[Any]
) -> None:
    number = numbers.c.number
    is_open = number % 50 == 0
    columns: dict[str, Any] = {
        "id": ticket_id,
        # higher than any day's sequence
        "number": literal("T20000101.") + cast(10_000_000 + ticket_id, String),
        "title": literal("Disk full on server ") + cast(number % 5000, String),
        "company_id": literal(company),
        "status": case((is_open, NEW), else_=COMPLETE),
        "priority": 1 + number % 4,
        "queue": literal(8),
        "created_at": at,
        "last_activity_at": at,
        "completed_at": case((is_open, null()), else_=at),
    }
    _insert(connection, Ticket, columns)


def _add_surroundings(connection: Connection, first_ticket: int, udfs: list[int]) -> None:
    """Add a value in one of the user-defined fields, and the history."""
    new = Ticket.id >= first_ticket
    if udfs:
        columns = {
            "ticket_id": Ticket.id,
            "udf_id": _in_turn(Ticket.id, udfs),
            "value": literal("ALERT-") + cast(Ticket.id, String),
        }
        _insert(connection, TicketUdf, columns, new)
    created: dict[str, Any] = {"ticket_id": Ticket.id, "at": Ticket.created_at, "actor": literal("System")}
    created |= {"field": literal("Ticket"), "new": literal("Created")}
    _insert(connection, TicketHistory, created, new)
    completed = created | {"field": literal("Status"), "old": literal("New"), "new": literal("Complete")}
    _insert(connection, TicketHistory, completed, new, Ticket.status == COMPLETE)


def _in_turn(number: SQLColumnExpression[int], values: Sequence[Any]) -> ColumnElement[Any]:
    return case(dict(enumerate(values)), value=number % len(values))


def _insert(
    connection: Connection, model: type[Base], columns: dict[str, Any], *where: ColumnElement[bool]
) -> None:
    connection.execute(insert(model).from_select(list(columns), select(*columns.values()).where(*where)))


def _add_deliveries(
    connection: Connection,
    numbers: CTE,
    delivery_id: ColumnElement[int],
    ticket_id: ColumnElement[int],
    callouts: list[tuple[int, str]],
    at: ColumnElement[Any],
) -> None:
    number = numbers.c.number
    state = case({0: FAILED, 1: FAILED, 2: CANCELLED, 3: SKIPPED}, value=number % 100, else_=DELIVERED)
    columns: dict[str, Any] = {
        "id": delivery_id,
        "uid": literal("msg_filled_") + cast(delivery_id, String),
        "callout_id": _in_turn(number, [each for each, _ in callouts]),
        "callout_name": _in_turn(number, [name for _, name in callouts]),
        "ticket_id": ticket_id,
        "rule_name": literal("Tell when it is complete"),
        "state": state,
        "fields": literal(json.dumps(_FIELDS)),
        "due_at": literal(0),
        "attempts": case({FAILED: ATTEMPTS, DELIVERED: 1}, value=state, else_=0),
        "created_at": at,
        "ended_at": at,
    }
    _insert(connection, Delivery, columns)


def _add_attempts(connection: Connection, first: int) -> None:
    attempts = _numbers(1, ATTEMPTS + 1)
    failed = Delivery.state == FAILED
    columns: dict[str, Any] = {
        "delivery_id": Delivery.id,
        "number": attempts.c.number,
        "started_at": Delivery.ended_at,
        "duration_ms": literal(12),
        "method": literal("POST"),
        "url": literal("https://rmm.example.com/callouts/ticket"),
        "request_headers": literal(_HEADERS),
        "request_body": literal("&".join(f"{name}={value}" for name, value in _FIELDS.items())),
        "status": case((failed, 503), else_=200),
        "status_reason": case((failed, "Service Unavailable"), else_="OK"),
        "answer_headers": literal("Content-Type: text/plain\nContent-Length: 2"),
        "answer_body": literal(b"ok"),
        "error_kind": case((failed, "http"), else_=""),
        "error": case((failed, "HTTP 503 Service Unavailable from rmm.example.com."), else_=""),
    }
    rows = (
        select(*columns.values())
        .join_from(Delivery, attempts, attempts.c.number <= Delivery.attempt_count)
        .where(Delivery.id >= first)
    )
    connection.execute(insert(Attempt).from_select(list(columns), rows))


def _add_notes(connection: Connection, first: int) -> None:
    failed = Delivery.state == FAILED
    columns: dict[str, Any] = {
        "ticket_id": Delivery.ticket_id,
        "title": case((failed, "Extension callout failed"), else_="Extension callout delivered"),
        "description": literal("To ") + Delivery.callout_name + ".",
        "note_type": literal(WORKFLOW_ACTION_NOTE),
        "publish": literal(1),
        "created_at": Delivery.ended_at,
        "last_activity_at": Delivery.ended_at,
    }
    _insert(connection, TicketNote, columns, Delivery.id >= first, Delivery.state.in_((FAILED, DELIVERED)))


def _set_sequences(connection: Connection) -> None:
    """Let PostgreSQL's sequences continue after the used ids; SQLite does so by itself."""
    if connection.dialect.name == "postgresql":
        for model in (Ticket, Delivery):
            sequence = func.pg_get_serial_sequence(model.__tablename__, "id")
            connection.execute(select(func.setval(sequence, select(func.max(model.id)).scalar_subquery())))


def _analyze(engine: Engine) -> None:
    """Do what autovacuum does in a PostgreSQL that is in use."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
