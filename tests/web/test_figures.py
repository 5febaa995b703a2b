"""The dashboard's figures on both databases, against what plain Python counts."""

import math
import random
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, insert, select, text, update

from portal import clock
from portal.models import Attempt, Callout, Delivery
from portal.queries import figures
from portal.queries.figures import PERIODS, Percentiles, percentiles
from tests.conftest import BOTH
from tests.delivery.conftest import make_callout
from tests.delivery.test_bulk import add

both = pytest.mark.parametrize("app", BOTH, indirect=True)
SECOND = timedelta(seconds=1)


def attempt(delivery_id: int, number: int, started_at, duration_ms: int, kind: str = "") -> Attempt:
    return Attempt(
        delivery_id=delivery_id,
        number=number,
        started_at=started_at,
        duration_ms=duration_ms,
        error_kind=kind,
        error="It failed." if kind else "",
    )


def of(session, period: str = "hour", now=None) -> figures.Figures:
    found = figures.figures(session(), PERIODS[period], now or clock.now())
    session.commit()
    return found


@both
@pytest.mark.parametrize("period", PERIODS)
def test_each_delivery_is_counted_in_the_slot_in_which_it_ended(session, ticket, receiver, period):
    callout, now = make_callout(session, receiver.url), clock.now()
    step, count = PERIODS[period].step, PERIODS[period].count
    last = int(now.timestamp()) // step * step
    age = timedelta(seconds=now.timestamp() - last)  # of the beginning of the last slot
    for slot in (0, 1, count - 1):
        at = age + timedelta(seconds=step * (count - 1 - slot)) - timedelta(milliseconds=1)
        add(session, ticket, callout, "delivered", slot + 1, age=at)
        add(session, ticket, callout, "failed", 1, age=at)
    add(session, ticket, callout, "delivered", 5, age=age + timedelta(seconds=step * count))
    add(session, ticket, callout, "skipped", 5, age=age)
    found = of(session, period, now)
    assert len(found.slots) == count
    counted = [(each.delivered, each.failed) for each in found.slots]
    assert counted[0] == (1, 1)
    assert counted[1] == (2, 1)
    assert counted[-1] == (count, 1)
    assert (found.delivered, found.failed) == (count + 3, 3)
    assert found.slots[-1].begin.timestamp() == last


@both
def test_percentiles_are_those_of_all_durations_to_two_digits(session, ticket, receiver):
    callout, now, dice = make_callout(session, receiver.url), clock.now(), random.Random(3)
    (delivery,) = add(session, ticket, callout, "delivered")
    durations = [int(dice.lognormvariate(5, 2)) for _ in range(500)]
    begun = now - timedelta(minutes=20)
    session.add_all(attempt(delivery, number, begun, each) for number, each in enumerate(durations, 1))
    # nobody knows how long a lost one took
    session.add(attempt(delivery, 501, begun, 0, "lost"))
    session.commit()
    found = of(session, now=now)
    durations.sort()
    for name, percent in (("p50", 50), ("p95", 95), ("p99", 99)):
        true = durations[math.ceil(500 * percent / 100) - 1]
        assert getattr(found.attempts, name) == pytest.approx(true, rel=0.05, abs=0.5)
    # all of them in the one slot that holds their time
    (slot,) = [each for each in found.slots if each.attempts]
    assert slot.begin <= begun < slot.begin + 60 * SECOND
    assert slot.attempts == found.attempts


@both
def test_milliseconds_are_rounded_to_two_digits(session, subtests):
    for milliseconds, shown in [
        (0, 0),
        (1, 1),
        (99, 99),
        (104, 100),
        (105, 110),
        (999, 1000),
        (1449, 1400),
        (1450, 1500),
        (61_499, 61_000),
    ]:
        with subtests.test(milliseconds=milliseconds, shown=shown):
            value = bindparam("value", milliseconds, type_=figures.BigInteger())
            assert session.scalar(select(figures.rounded(value))) == shown


@both
def test_the_time_from_the_event_leaves_out_what_was_sent_again(session, ticket, receiver):
    callout, now = make_callout(session, receiver.url), clock.now()
    ended = now - 30 * SECOND
    for milliseconds in (40, 40, 61_000):
        add(
            session,
            ticket,
            callout,
            "delivered",
            created_at=ended - timedelta(milliseconds=milliseconds),
            ended_at=ended,
        )
    add(
        session,
        ticket,
        callout,
        "delivered",
        created_at=now - timedelta(days=3),
        ended_at=ended,
        attempts_before=11,
    )
    assert of(session, now=now).latency == Percentiles(40, 61_000, 61_000)


@both
def test_a_clock_that_was_set_back_makes_no_time_negative(session, ticket, receiver):
    callout, now = make_callout(session, receiver.url), clock.now()
    add(session, ticket, callout, "delivered", created_at=now, ended_at=now - 5 * SECOND)
    assert of(session, now=now).latency == Percentiles(0, 0, 0)


@both
def test_errors_are_counted_by_class_the_most_first(session, ticket, receiver):
    (delivery,) = add(session, ticket, make_callout(session, receiver.url), "failed")
    kinds = ["http", "", "dns", "http", "lost", "http", "dns"]
    session.add_all(attempt(delivery, number, clock.now(), 5, kind) for number, kind in enumerate(kinds, 1))
    session.add(attempt(delivery, 99, clock.now() - timedelta(hours=2), 5, "tls"))
    session.commit()
    assert of(session).errors == [("http", 3), ("dns", 2), ("lost", 1)]
    assert ("tls", 1) in of(session, "day").errors


@both
def test_each_callout_says_what_waits_and_what_ended(session, ticket, receiver):
    quiet, busy, broken = (make_callout(session, receiver.url) for _ in range(3))
    add(session, ticket, busy, "waiting", 3, age=timedelta(minutes=9))
    add(session, ticket, busy, "sending", age=timedelta(minutes=1), ended_at=None)
    add(session, ticket, broken, "failed", 2, age=10 * SECOND)
    add(session, ticket, broken, "failed", 2, age=timedelta(hours=3))
    add(session, ticket, quiet, "delivered", age=10 * SECOND)
    session.execute(update(Callout).filter_by(id=broken.id).values(failing_since=clock.now()))
    session.commit()
    session.expire_all()
    found = of(session).standings
    assert [(each.callout.id, each.waiting, each.delivered, each.failed) for each in found] == [
        (broken.id, 0, 0, 2),
        (busy.id, 4, 0, 0),
        (quiet.id, 0, 1, 0),
    ]
    assert found[1].oldest == pytest.approx(clock.now() - timedelta(minutes=9), abs=60 * SECOND)
    assert found[0].oldest is None


@both
def test_where_there_is_much_only_a_part_is_looked_at_and_counts_stay_exact(
    session, ticket, receiver, monkeypatch
):
    monkeypatch.setattr(figures, "SAMPLE", 10)
    ids = add(session, ticket, make_callout(session, receiver.url), "delivered", 95, age=10 * SECOND)
    row = {"number": 1, "started_at": clock.now(), "duration_ms": 70, "error_kind": "http"}
    session.execute(insert(Attempt), [row | {"delivery_id": each} for each in ids])
    session.commit()
    found = of(session)
    assert found.delivered == 95
    assert (found.every_attempt, found.every_delivery) == (10, 10)
    assert found.attempts == Percentiles(70, 70, 70)
    ((kind, count),) = found.errors
    assert kind == "http"
    assert 90 <= count <= 100


def test_without_anything_there_is_nothing_to_show(session):
    found = of(session, "week")
    assert (found.delivered, found.failed, found.waiting) == (0, 0, 0)
    assert (found.attempts, found.latency, found.errors, found.standings) == (None, None, [], [])


def test_a_percentile_is_the_value_that_so_many_of_a_hundred_do_not_exceed(subtests):
    for histogram, expected in [
        ({}, None),
        ({7: 1}, Percentiles(7, 7, 7)),
        ({1: 50, 2: 45, 3: 4, 4: 1}, Percentiles(1, 2, 3)),
        ({1: 49, 2: 51}, Percentiles(2, 2, 2)),
        ({5: 99, 900: 1}, Percentiles(5, 5, 5)),
        ({5: 98, 900: 2}, Percentiles(5, 5, 900)),
    ]:
        with subtests.test(histogram=histogram, expected=expected):
            assert percentiles(histogram) == expected


def test_no_query_reads_the_rows_of_all_deliveries_or_attempts(session, ticket, receiver):
    from tests.delivery.test_indexes import statements

    make_callout(session, receiver.url)
    with statements() as found:
        of(session, "week")
    plans = []
    for statement, parameters in found:
        if statement.lstrip().startswith("SELECT"):
            rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans += [row[3] for row in rows]
    touched = [plan for plan in plans if "delivery" in plan or "attempt" in plan]
    assert touched
    for plan in touched:
        assert "INDEX" in plan or "PRIMARY KEY" in plan, touched
        assert not plan.startswith("SCAN") or "ix_delivery_due" in plan, touched
    session.execute(text("SELECT 1"))
    session.commit()
    assert session.scalar(select(Delivery.id)) is None
