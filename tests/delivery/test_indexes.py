"""What runs all day reads an index of what is open, however much has ended: shown by the databases' own plans."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, insert, text, update

from portal.db.engine import db
from portal.db.sessions import writing
from portal.delivery import due, outbox
from portal.models import Delivery
from portal.notify import messages
from portal.queries.home import home_figures
from tests.bench.ground import make_tickets, rows_of
from tests.delivery.conftest import Clock, make_callout

_NOW = 1_800_000_000


@contextmanager
def statements() -> Iterator[list[tuple[str, object]]]:
    """Gather what is sent to the database, with its values."""
    found: list[tuple[str, object]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        found.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield found
    event.remove(db.engine, "before_cursor_execute", note)


USES: dict[str, Callable] = {
    "the sweep": lambda session: due.due_callouts(session, _NOW),
    "the claim": lambda session: outbox.claim(session, 1, 10, "token", now=_NOW, lease_seconds=15),
    "the resends of a failing callout": lambda session: outbox.claim(
        session, 1, 10, "token", now=_NOW, lease_seconds=15, failing=True
    ),
    "the probe": lambda session: session.execute(due.probe(1, _NOW)),
    "whether a probe may go out": lambda session: session.execute(due.may_probe(1, _NOW)),
    "whether something is tried soon": lambda session: due.is_tried_soon(session, 1, _NOW, 60),
    "what is in the air": lambda session: due.in_the_air(session, 1, _NOW),
    "what dead workers held": lambda session: session.execute(due.lapsed(100, _NOW)),
    "whether a worker is dead": lambda session: due.any_lapsed(session, _NOW),
    "the next bell": lambda session: due.next_due(session, _NOW),
    "the start page": lambda session: home_figures(session, Clock().now()),
    "the next message": lambda session: messages.next_due(session, ["email"]),
}


def plans_of(use: str) -> list[str]:
    plans: list[str] = []
    with statements() as found, writing(db.engine) as own:
        USES[use](own)
    with db.engine.connect() as connection:
        for statement, parameters in found:
            if "delivery" in statement or "mail" in statement:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [row[3] for row in rows]
    return plans


def test_no_use_reads_all_rows_of_deliveries_or_mails(subtests, session):
    for use in USES:
        with subtests.test(use=use):
            plans = plans_of(use)
            assert plans
            for plan in plans:
                if "delivery" in plan or "mail" in plan:
                    # a search by state or in what is open; a scan only of an index that holds nothing else
                    assert re.search(r"^SEARCH .*(INDEX|PRIMARY KEY)|^SCAN .*INDEX ix_\w+_due", plan), plans


def test_the_busiest_look_at_nothing_but_what_is_open(subtests, session):
    for use in ["the sweep", "the claim"]:
        with subtests.test(use=use):
            assert any("ix_delivery_due" in plan for plan in plans_of(use))


def test_however_much_waits_only_the_few_that_are_meant_are_read(subtests, session):
    for use, index in [
        ("the resends of a failing callout", "ix_delivery_resend (callout_id=? AND due_at<?)"),
        ("the sweep", "ix_delivery_resend (callout_id=? AND due_at<?)"),
        ("what is in the air", "ix_delivery_due (callout_id=? AND due_at>?)"),
        ("whether something is tried soon", "ix_delivery_due (callout_id=? AND due_at>?)"),
        ("what dead workers held", "ix_delivery_state (state=?)"),
        ("whether a worker is dead", "ix_delivery_state (state=?)"),
    ]:
        with subtests.test(use=use, index=index):
            assert any(index in plan for plan in plans_of(use)), plans_of(use)


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_postgresql_asks_the_index_of_the_order_though_it_believes_that_nothing_is_open(
    app, session, company
):
    """Else it would go through all that is open, once for each row of a burst."""
    callout, tickets = make_callout(session, "http://127.0.0.1:9/"), make_tickets(2000)
    for _ in range(3):  # bursts that came and went
        session.execute(insert(Delivery), rows_of(callout.id, callout.name, tickets))
        session.commit()
        for state in ("sending", "delivered"):
            session.execute(update(Delivery).values(state=state))
            session.commit()
    session.execute(text("ANALYZE delivery"))
    session.commit()
    with statements() as found, writing(db.engine) as own:
        USES["the claim"](own)
        claim, values = next(each for each in found if each[0].startswith("WITH"))
        plan = "\n".join(own.connection().exec_driver_sql(f"EXPLAIN {claim}", values).scalars())
    assert re.search(r"SubPlan.*?ix_delivery_\w+", plan, re.DOTALL)[0].endswith("ix_delivery_order"), plan
