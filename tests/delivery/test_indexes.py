"""What runs all day reads an index of what is open, however much has ended: shown by SQLite's own plans."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from portal.delivery import due, mail, outbox
from portal.delivery.sessions import writing
from portal.extensions import db
from portal.web import glance
from tests.delivery.conftest import Clock

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
    "the next bell": lambda session: due.next_due(session, _NOW),
    "the start page": lambda session: glance.counts(session, Clock().now()),
    "the next mail": mail.next_due,
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


@pytest.mark.parametrize("use", USES)
def test_no_use_reads_all_rows_of_deliveries_or_mails(session, use):
    plans = plans_of(use)
    assert plans
    for plan in plans:
        if "delivery" in plan or "mail" in plan:
            # a search by state or in what is open; a scan only of an index that holds nothing else
            assert re.search(r"^SEARCH .*(INDEX|PRIMARY KEY)|^SCAN .*INDEX ix_\w+_due", plan), plans


@pytest.mark.parametrize("use", ["the sweep", "the claim"])
def test_the_busiest_look_at_nothing_but_what_is_open(session, use):
    assert any("ix_delivery_due" in plan for plan in plans_of(use))
