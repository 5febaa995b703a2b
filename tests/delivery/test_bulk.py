"""Bulk jobs: what they take, what they leave, and that nothing stops them for good."""

import itertools
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from portal import clock, jobs
from portal.db.engine import db
from portal.db.services import services
from portal.db.sessions import writing
from portal.delivery import bulk, outbox
from portal.delivery.selection import Selection
from portal.models import Attempt, BulkJob, Delivery
from portal.models.bulk import BULK_DONE, BULK_OPEN, BULK_STOPPED, CANCEL
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout, sweep

both = pytest.mark.parametrize("app", BOTH, indirect=True)
HOUR = timedelta(hours=1)
_uids = itertools.count()


@pytest.fixture(autouse=True)
def keep_what_was_read(session):
    """So that looking at what was just committed begins no transaction."""
    session().expire_on_commit = False


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(bulk, "_BATCH", 3)


def add(
    session, ticket, callout, state: str, count: int = 1, *, age: timedelta = HOUR, **values
) -> list[int]:
    """Deliveries of a ticket that came to this state a while ago; gives their ids."""
    then = clock.now() - age
    row = {
        "callout_id": callout.id,
        "callout_name": callout.name,
        "ticket_id": ticket.id,
        "rule_name": "",
        "state": state,
        "reason": "",
        "fields": json.dumps({}),
        "due_at": int(then.timestamp()),
        "attempt_count": 11,
        "created_at": then,
        "ended_at": None if state == "waiting" else then,
    } | values
    before = session.scalar(select(func.coalesce(func.max(Delivery.id), 0)))
    session.execute(insert(Delivery), [row | {"uid": f"bulk_{next(_uids)}"} for _ in range(count)])
    session.commit()
    ids = list(session.scalars(select(Delivery.id).where(Delivery.id > before).order_by(Delivery.id)))
    session.commit()
    return ids


def ask(session, wanted: Selection) -> BulkJob | None:
    """Open a job as the page does: counted now, and committed."""
    moment = clock.now()
    job = bulk.open_job(session(), wanted, moment, who="Ada Lovelace", who_id=None, now=moment)
    session.commit()
    return job


def work() -> bool:
    db.session.commit()  # a test's own transaction would hold SQLite's write lock
    return bulk.work(db.engine, services().doorbell.ring, lambda: False)


def in_state(session, state: str) -> list[int]:
    found = list(session.scalars(select(Delivery.id).filter_by(state=state).order_by(Delivery.id)))
    session.commit()
    return found


@both
def test_a_job_sends_again_what_failed_and_nothing_else(session, ticket, receiver, small_batches):
    callout = make_callout(session, receiver.url)
    failed = add(session, ticket, callout, "failed", 10)
    for state in ("delivered", "cancelled", "skipped"):
        add(session, ticket, callout, state)
    job = ask(session, Selection())
    assert job.total == 10
    assert work() is False
    session.refresh(job)
    assert (job.state, job.changed, job.position) == (BULK_DONE, 10, failed[-1])
    assert in_state(session, "waiting") == failed
    row = session.get(Delivery, failed[0])
    assert (row.attempts_before, row.ended_at) == (11, None)


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (Selection(outcome="skipped"), {"skipped"}),
        (Selection(outcome="unsent"), {"failed", "skipped"}),
        (Selection(outcome="delivered"), {"delivered"}),
        (Selection(outcome="cancelled"), {"cancelled"}),
    ],
)
def test_each_outcome_means_these_states(session, ticket, receiver, small_batches, wanted, taken):
    callout = make_callout(session, receiver.url)
    # mingled, so that batches of one state and of the other overlap
    made = {state: [] for state in ("failed", "skipped", "delivered", "cancelled")}
    for state in [*made] * 4:
        made[state] += add(session, ticket, callout, state)
    ask(session, wanted)
    work()
    assert in_state(session, "waiting") == sorted(each for state in taken for each in made[state])


@both
def test_a_job_keeps_to_callout_ticket_error_and_time(session, company, receiver):
    callout, other = make_callout(session, receiver.url), make_callout(session, receiver.url)
    ticket = make_ticket(session, company, title="Printer on fire")
    elsewhere = make_ticket(session, company, title="Disk")
    (wanted,) = add(session, ticket, callout, "failed")
    others = [
        *add(session, ticket, other, "failed"),
        *add(session, elsewhere, callout, "failed"),
        *add(session, ticket, callout, "failed", age=3 * HOUR),
        *add(session, ticket, callout, "failed"),
    ]
    for delivery_id in (wanted, *others[:-1]):
        attempt = Attempt(
            delivery_id=delivery_id,
            number=1,
            started_at=clock.now(),
            duration_ms=1,
            error_kind="dns",
            error="No.",
        )
        session.add(attempt)
    session.commit()
    job = ask(
        session,
        Selection(callout_id=callout.id, ticket="printer", error="dns", since=clock.now() - 2 * HOUR),
    )
    assert job.total == 1
    work()
    assert in_state(session, "waiting") == [wanted]
    assert in_state(session, "failed") == others


def test_only_those_that_were_ticked_are_sent(session, ticket, receiver):
    ids = add(session, ticket, make_callout(session, receiver.url), "failed", 4)
    ask(session, Selection(ids=(ids[1], ids[3])))
    work()
    assert in_state(session, "waiting") == [ids[1], ids[3]]


def test_what_changed_meanwhile_is_left_and_told_by_the_count(session, ticket, receiver, small_batches):
    ids = add(session, ticket, make_callout(session, receiver.url), "failed", 8)
    job = ask(session, Selection())
    later = clock.now() + timedelta(seconds=1)
    # one was sent again by hand and has failed anew since; one was sent again and waits
    session.execute(update(Delivery).filter_by(id=ids[2]).values(ended_at=later))
    outbox.send_again(session(), ids[5], later)
    session.commit()
    work()
    session.refresh(job)
    assert (job.state, job.total, job.changed) == (BULK_DONE, 8, 6)
    assert in_state(session, "failed") == [ids[2]]


def test_what_fails_after_the_count_is_none_of_its_business(session, ticket, receiver):
    callout = make_callout(session, receiver.url)
    add(session, ticket, callout, "failed", 2)
    ask(session, Selection())
    late = add(session, ticket, callout, "failed", age=-timedelta(seconds=5))
    work()
    assert in_state(session, "failed") == late


def test_deliveries_of_a_deleted_callout_are_counted_apart_and_left(session, ticket, receiver):
    callout = make_callout(session, receiver.url)
    gone = add(session, ticket, callout, "failed", 2, callout_id=None, callout_name="Old RMM")
    sent = add(session, ticket, callout, "failed", 3)
    found = bulk.shares(session(), Selection(), clock.now())
    assert [(each.name, each.callout, each.count) for each in found] == [
        (callout.name, callout, 3),
        ("Old RMM", None, 2),
    ]
    assert found[0].oldest <= found[0].newest < clock.now()
    job = ask(session, Selection())
    assert job.total == 3
    work()
    assert in_state(session, "waiting") == sent
    assert in_state(session, "failed") == gone


def test_a_job_for_nothing_is_not_opened(session, ticket, receiver):
    add(session, ticket, make_callout(session, receiver.url), "delivered")
    assert ask(session, Selection()) is None
    assert bulk.any_open(db.engine) is False


@both
def test_what_waits_is_cancelled_in_bulk_with_the_name_of_who_asked(session, ticket, receiver, small_batches):
    callout = make_callout(session, receiver.url)
    waiting = add(session, ticket, callout, "waiting", 7)
    sending = add(session, ticket, callout, "sending")
    job = ask(session, Selection(action=CANCEL))
    work()
    session.refresh(job)
    assert job.changed == 7
    assert in_state(session, "cancelled") == waiting
    assert in_state(session, "sending") == sending
    assert session.get(Delivery, waiting[0]).reason == "Cancelled by Ada Lovelace."


def test_a_stopped_job_keeps_what_it_did_and_does_no_more(session, ticket, receiver, small_batches):
    ids = add(session, ticket, make_callout(session, receiver.url), "failed", 9)
    job = ask(session, Selection())
    with writing(db.engine) as own:
        assert bulk._step(own, bulk._next_job(own), clock.now()) == 3
    assert bulk.stop(session(), job.id, "Grace Hopper", clock.now()) is True
    session.commit()
    assert work() is False
    session.refresh(job)
    assert (job.state, job.changed, job.stopped_by) == (BULK_STOPPED, 3, "Grace Hopper")
    assert in_state(session, "failed") == ids[3:]
    assert bulk.stop(session(), job.id, "Grace Hopper", clock.now()) is False


class Killed(BaseException):
    """The end of a worker, in the middle of a batch."""


@both
def test_a_killed_worker_takes_back_only_its_own_batch(session, ticket, receiver, small_batches, monkeypatch):
    ids = add(session, ticket, make_callout(session, receiver.url), "failed", 8)
    job = ask(session, Selection())
    send, calls = outbox.send_all_again, itertools.count(1)

    def send_or_die(*arguments):
        moved = send(*arguments)
        if next(calls) == 2:
            raise Killed
        return moved

    monkeypatch.setattr(outbox, "send_all_again", send_or_die)
    with pytest.raises(Killed):
        work()
    session.rollback()
    session.refresh(job)
    assert (job.state, job.changed, job.position) == (BULK_OPEN, 3, ids[2])
    assert in_state(session, "waiting") == ids[:3]
    assert work() is False
    session.refresh(job)
    assert (job.state, job.changed) == (BULK_DONE, 8)


@both
def test_two_workers_at_once_count_each_delivery_once(app, session, ticket, receiver, small_batches):
    ids = add(session, ticket, make_callout(session, receiver.url), "failed", 60)
    first, second = ask(session, Selection(ids=tuple(ids[:30]))), ask(session, Selection(ids=tuple(ids[30:])))
    failures = []

    def run() -> None:
        try:
            with app.app_context():
                while bulk.any_open(db.engine):
                    work()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert failures == []
    for job in (first, second):
        session.refresh(job)
        assert (job.state, job.changed) == (BULK_DONE, 30)
    assert in_state(session, "waiting") == ids


def test_a_long_job_gives_way_to_deliveries_and_rings_for_the_rest(
    app, session, ticket, receiver, small_batches, monkeypatch
):
    add(session, ticket, make_callout(session, receiver.url), "failed", 8)
    job = ask(session, Selection())
    monkeypatch.setattr(bulk, "_SECONDS", 0.0)
    monkeypatch.setattr(jobs, "_bound", [app])
    jobs.bulk()
    queue = services().doorbell.queue
    assert "portal.jobs.bulk" in [each.func_name for each in queue.jobs]
    monkeypatch.setattr(bulk, "_SECONDS", 60.0)
    jobs.bulk()
    session.refresh(job)
    assert job.state == BULK_DONE
    # the deliveries that it moved are rung for
    assert "portal.jobs.drain" in [each.func_name for each in queue.jobs]


def test_the_sweep_rings_for_a_job_that_was_forgotten(app, session, ticket, receiver, monkeypatch):
    add(session, ticket, make_callout(session, receiver.url), "failed")
    monkeypatch.setattr(jobs, "_bound", [app])
    ask(session, Selection())
    assert services().doorbell.queue.jobs == []
    sweep()
    assert [each.func_name for each in services().doorbell.queue.jobs] == ["portal.jobs.bulk"]


def test_what_a_job_sends_again_arrives(session, ticket, callout, receiver, drain):
    add(
        session,
        ticket,
        callout,
        "failed",
        5,
        fields=json.dumps(
            dict.fromkeys(
                ("id", "number", "status", "created_datetime", "last_activity_datetime", "domain", "udf"), "1"
            )
        ),
    )
    ask(session, Selection())
    work()
    drain()
    assert len(in_state(session, "delivered")) == 5
    assert len(receiver.got) == 5
