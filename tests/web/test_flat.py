"""Pages and jobs do as much work beside twenty thousand finished deliveries as beside a few.

Work is counted, not timed: on SQLite the steps of its virtual machine, on PostgreSQL the rows that plans handle.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, func, insert, literal, select, update

from portal import clock
from portal.db.engine import db
from portal.db.sessions import reading
from portal.delivery import due, retention
from portal.desk.volume import fill
from portal.models import Attempt, AttemptRemark, Callout, Delivery, Message, Ticket
from portal.models.delivery import STATES
from portal.web import paging
from portal.web.presenting.deliveries import ERRORS, PERIODS
from tests.conftest import ALL_PLANNERS, make_resource, sign_in
from tests.delivery.conftest import make_callout

DELIVERIES, MAILS, OPEN_TICKETS = 20_000, 20_000, 30
# in steps, and in rows: whatever passed all rows of a table, or of an index, would need more
MOST_WORK = {"sqlite": DELIVERIES * 2, "postgresql": DELIVERIES // 2}
_STEPS = 100

ADDRESSES = [
    "/",
    "/admin/mail",
    "/admin/mail?state=sent",
    "/admin/callouts/",
    "/tickets",
    "/tickets?status=all",
    "/tickets?status=5",
    "/tickets?queue=8",
    "/tickets?company={company}",
    "/tickets?sort=title",
    "/tickets/{ticket}",
    "/deliveries",
    "/deliveries?before={middle}",
    "/deliveries?after={middle}",
    "/deliveries?callout={callout}",
    "/deliveries?callout={callout}&before={middle}",
    "/deliveries?ticket={number}",
    "/deliveries?ticket={number}&state=delivered&period=week",
    "/deliveries?error=http",
    "/deliveries?error=dns",
    "/deliveries?error=remark",
    "/deliveries?error=remark:body.html-page",
    "/deliveries?error=remark:body.no-response&period=hour",
    "/deliveries/{middle}",
    *(f"/deliveries?state={state}" for state in (*STATES, "resending")),
    *(f"/deliveries?state={state}&callout={{callout}}" for state in (*STATES, "resending")),
    *(f"/deliveries?period={period}" for period in PERIODS),
    *(f"/deliveries?period={period}&error={error}" for period in PERIODS for error in list(ERRORS)[:1]),
    *(f"/deliveries?period=week&state={state}&callout={{callout}}" for state in STATES),
]


@pytest.fixture
def filled(session, monkeypatch) -> dict[str, object]:
    """Very many finished deliveries, tickets and mails; what the addresses name."""
    make_callout(session, "http://127.0.0.1:9/")
    session.commit()
    monkeypatch.setattr(paging, "MOST_COUNTED", 1000)
    fill(db.engine, DELIVERIES, now=clock.now(), tickets=DELIVERIES)
    everywhere = select(
        Attempt.delivery_id,
        Attempt.number,
        literal(0),
        literal("body.no-response"),
        literal("The answer is empty."),
    )
    columns_of = ["delivery_id", "number", "place", "code", "text"]
    session.execute(insert(AttemptRemark).from_select(columns_of, everywhere))
    session.execute(update(Ticket).where(Ticket.id > 50 * OPEN_TICKETS).values(status=5))
    columns = {
        "to_address": "ada@example.com",
        "subject": "Callout",
        "body": "",
        "state": "sent",
        "due_at": 0,
        "created_at": clock.now(),
    }
    session.execute(Message.__table__.insert(), [columns] * MAILS)
    ticket = session.get(Ticket, session.scalar(select(func.max(Ticket.id))))
    found = {
        "company": ticket.company_id,
        "ticket": ticket.id,
        "number": ticket.number,
        "middle": session.scalar(select(func.max(Delivery.id))) - DELIVERIES // 2,
        "callout": session.scalar(select(func.max(Callout.id))),
    }
    session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return found


@pytest.fixture
def reader(client, session) -> FlaskClient:
    sign_in(client, make_resource(session, "administrator"))
    return client


def work_of(do: Callable[[], object]) -> int:
    """Count the work that the database has with something."""
    session_work = _steps if db.engine.dialect.name == "sqlite" else _rows
    with session_work() as count:
        do()
    return count()


def is_much(work: int) -> bool:
    return work > MOST_WORK[db.engine.dialect.name]


@contextmanager
def _steps() -> Iterator[Callable[[], int]]:
    ticks = [0]

    def tick() -> int:
        ticks[0] += 1
        return 0

    def watch(connection, _record, _proxy) -> None:
        connection.set_progress_handler(tick, _STEPS)

    db.session.remove()
    event.listen(db.engine, "checkout", watch)
    yield lambda: ticks[0] * _STEPS
    event.remove(db.engine, "checkout", watch)


@contextmanager
def _rows() -> Iterator[Callable[[], int]]:
    found: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith("SELECT"):
            found.append((statement, parameters))

    def count() -> int:
        total = 0
        with db.engine.connect() as connection:
            for statement, parameters in found:
                rows = connection.exec_driver_sql(
                    f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters
                )
                plan = rows.scalar_one()
                total += _handled((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        return total

    event.listen(db.engine, "before_cursor_execute", note)
    yield count
    event.remove(db.engine, "before_cursor_execute", note)


def _handled(node: dict) -> int:
    """Count the rows that a plan's nodes gave or passed over."""
    passed = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(passed * node["Actual Loops"]) + sum(_handled(part) for part in node.get("Plans", ()))


@pytest.mark.parametrize("app", ALL_PLANNERS, indirect=True)
def test_no_page_handles_all_that_has_ended(app, session, filled, reader):
    found = {}
    for each in ADDRESSES:
        address = each.format(**filled)
        answers = []
        found[address] = work_of(lambda: answers.append(reader.get(address)))  # noqa: B023 - called at once
        assert answers[0].status_code == 200, address
    assert {address: work for address, work in found.items() if is_much(work)} == {}


@pytest.mark.parametrize("app", ALL_PLANNERS, indirect=True)
def test_no_job_handles_all_that_has_ended(app, session, filled):
    stamp = int(clock.now().timestamp())
    long_ago = clock.now() - timedelta(days=1000)

    def look(what: Callable) -> Callable[[], None]:
        def run() -> None:
            with reading(db.engine) as own:
                what(own)

        return run

    def read_all(own) -> None:
        assert own.scalar(select(func.count()).where(Delivery.rule_name == "")) == 0

    jobs = {
        "what does read everything": look(read_all),
        "sweep": look(lambda own: (due.any_lapsed(own, stamp), due.due_callouts(own, stamp))),
        "next bell": look(lambda own: due.next_due(own, stamp)),
        "nothing to delete": lambda: retention.prune(db.engine, long_ago, lambda: True),
        "something to delete": lambda: retention.prune(db.engine, clock.now(), lambda: False),
    }
    found = {name: work_of(job) for name, job in jobs.items()}
    assert {name for name, work in found.items() if is_much(work)} == {"what does read everything"}, found
