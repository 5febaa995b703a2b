"""Fill a portal's database with finished deliveries and their attempts, as years of use would.

    PORTAL_INSTANCE=/tmp/filled .venv/bin/python -m tests.bench.fill 1000000

All of it happens inside the database, so a million takes less than a minute. Rows are made in the order of
time, a hundred thousand a transaction; a second call adds to the first.
"""

import json
import sys
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    String,
    case,
    cast,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.orm import Session

from portal.models import Attempt, Callout, Company, Delivery, Ticket
from portal.models.delivery import CANCELLED, DELIVERED, FAILED, SKIPPED

DAYS = 365
# of each ticket
DELIVERIES = 4
# of one that failed; any other has one
ATTEMPTS = 11
_CHUNK = 100_000
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


def fill(engine: Engine, deliveries: int, *, now: datetime, tickets: int | None = None) -> None:
    """Add so many finished deliveries of the callouts that are there, to as many new tickets as they need.

    They end over the year before ``now``: 96 of 100 delivered, 2 failed, 1 cancelled, 1 skipped.
    """
    tickets = tickets or max(1, deliveries // DELIVERIES)
    with Session(engine) as session, session.begin():
        company, callouts = _company(session), _callouts(session)
    first_ticket, first = _next_id(engine, Ticket), _next_id(engine, Delivery)
    for start in range(0, tickets, _CHUNK):
        with engine.begin() as connection:
            numbers = _numbers(start, min(start + _CHUNK, tickets))
            _add_tickets(connection, numbers, first_ticket, tickets, company, now)
    for start in range(0, deliveries, _CHUNK):
        end = min(start + _CHUNK, deliveries)
        with engine.begin() as connection:
            numbers = _numbers(start, end)
            number = numbers.c.number
            ticket = first_ticket + number * tickets // deliveries
            at = _moment(connection, now, number - deliveries, deliveries)
            _add_deliveries(connection, numbers, first + number, ticket, callouts, at)
            _add_attempts(connection, first + start, first + end)
    _settle(engine)


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


def _next_id(engine: Engine, model: type[Ticket] | type[Delivery]) -> int:
    with Session(engine) as session:
        return (session.scalar(select(func.max(model.id))) or 0) + 1


def _numbers(start: int, end: int) -> CTE:
    """Count from ``start`` to before ``end``, inside the database."""
    numbers = select(literal(start, BigInteger).label("number")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < end - 1))


def _moment(connection: Connection, now: datetime, part: ColumnElement[int], of: int) -> ColumnElement[Any]:
    """Give a time before ``now``: a negative ``part`` of the year, as the column type keeps it."""
    seconds = int(timedelta(days=DAYS).total_seconds())
    # divided first: the product would be too great for a 32-bit number
    epoch = int(now.timestamp()) + part * max(1, seconds // of)
    if connection.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M:%f000", epoch, "unixepoch")
    return func.to_timestamp(epoch)


def _add_tickets(
    connection: Connection, numbers: CTE, first: int, tickets: int, company: int, now: datetime
) -> None:
    number = numbers.c.number
    at = _moment(connection, now, number - tickets, tickets)
    columns: dict[str, Any] = {
        "id": first + number,
        # no day's sequence reaches such numbers
        "number": literal("T20000101.") + cast(10_000_000 + first + number, String),
        "title": literal("Disk full on server ") + cast(number % 5000, String),
        "company_id": literal(company),
        "status": case((number % 50 == 0, 1), else_=5),
        "priority": literal(2),
        "queue": literal(8),
        "created_at": at,
        "last_activity_at": at,
        "completed_at": at,
    }
    connection.execute(insert(Ticket).from_select(list(columns), select(*columns.values())))


def _add_deliveries(
    connection: Connection,
    numbers: CTE,
    delivery_id: ColumnElement[int],
    ticket_id: ColumnElement[int],
    callouts: list[tuple[int, str]],
    at: ColumnElement[Any],
) -> None:
    number = numbers.c.number
    turn = number % len(callouts)
    state = case({0: FAILED, 1: FAILED, 2: CANCELLED, 3: SKIPPED}, value=number % 100, else_=DELIVERED)
    columns: dict[str, Any] = {
        "id": delivery_id,
        "uid": literal("msg_filled_") + cast(delivery_id, String),
        "callout_id": case({place: each[0] for place, each in enumerate(callouts)}, value=turn),
        "callout_name": case({place: each[1] for place, each in enumerate(callouts)}, value=turn),
        "ticket_id": ticket_id,
        "rule_name": literal("Tell when it is complete"),
        "state": state,
        "fields": literal(json.dumps(_FIELDS)),
        "due_at": literal(0),
        "attempts": case({FAILED: ATTEMPTS, DELIVERED: 1}, value=state, else_=0),
        "created_at": at,
        "ended_at": at,
    }
    connection.execute(insert(Delivery).from_select(list(columns), select(*columns.values())))


def _add_attempts(connection: Connection, first: int, end: int) -> None:
    tries = _numbers(1, ATTEMPTS + 1)
    failed = Delivery.state == FAILED
    columns: dict[str, Any] = {
        "delivery_id": Delivery.id,
        "number": tries.c.number,
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
        .join_from(Delivery, tries, tries.c.number <= Delivery.attempt_count)
        .where(Delivery.id >= first, Delivery.id < end)
    )
    connection.execute(insert(Attempt).from_select(list(columns), rows))


def _settle(engine: Engine) -> None:
    """Do what a database in use has done by itself: on PostgreSQL the counters of ids, and autovacuum's work."""
    if engine.dialect.name != "postgresql":
        return
    with engine.begin() as connection:
        for table in ("ticket", "delivery"):
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            connection.execute(text(f"SELECT setval({sequence}, (SELECT max(id) FROM {table}))"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("ticket", "delivery", "attempt"):
            connection.execute(text(f"VACUUM ANALYZE {table}"))


def main() -> None:
    import flask_migrate

    from portal import create_app
    from portal.clock import now
    from portal.db.engine import db

    with create_app().app_context():
        flask_migrate.upgrade()
        fill(db.engine, int(sys.argv[1]), now=now())


if __name__ == "__main__":
    main()
