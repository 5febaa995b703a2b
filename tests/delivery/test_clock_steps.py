"""The wall clock is set an hour forward or back: nothing is lost, nothing repeated, nothing an hour late."""

from collections import Counter

import pytest
from sqlalchemy import select, update

from portal import clock, jobs
from portal.db.engine import db
from portal.db.services import services
from portal.db.sessions import reading, writing
from portal.delivery import clock_jumps, outbox
from portal.delivery.clock_jumps import ClockJumps
from portal.models import Attempt, Callout, Delivery, Message
from portal.models.delivery import MESSAGE_SENDING, MESSAGE_WAITING
from portal.notify import messages
from tests.conftest import BOTH, make_ticket
from tests.delivery.test_drain import change
from tests.receiver import Answer
from tests.servers import wait_until

HOUR = 3600
both = pytest.mark.parametrize("app", BOTH, indirect=True)


def stamp() -> int:
    return int(clock.now().timestamp())


def rows() -> list[tuple[str, int]]:
    """Each delivery's state, and in how many seconds it is looked at."""
    with reading(db.engine) as session:
        found = session.execute(select(Delivery.state, Delivery.due_at).order_by(Delivery.id)).all()
    return [(state, due_at - stamp()) for state, due_at in found]


def attempts() -> list[tuple[int, str]]:
    with reading(db.engine) as session:
        query = select(Attempt.number, Attempt.error_kind).order_by(Attempt.delivery_id, Attempt.number)
        return [tuple(each) for each in session.execute(query)]


def came(receiver) -> Counter[str]:
    return Counter(got.headers["webhook-id"] for got in receiver.got)


@pytest.fixture
def clocks(moved_clock) -> ClockJumps:
    """What a worker that has been running for a while knows of the clock."""
    each = ClockJumps()
    clock_jumps.look(each)
    return each


@pytest.fixture
def sweep(app, session, moved_clock):
    """Sweep as a process that has been running for a while: it has looked at the rows before."""
    jobs.bind(app)
    jobs._clocks.cache_clear()
    jobs.sweep()
    assert not jobs._may_be_behind.is_set()

    def sweep() -> None:
        db.session.commit()
        jobs.sweep()

    yield sweep
    jobs._clocks.cache_clear()
    jobs._may_be_behind.set()


@both
def test_a_step_forward_takes_nothing_from_a_worker_that_lives(
    session, ticket, callout, receiver, moved_clock, clocks, start_drain
):
    """Each lease seems to have ended an hour ago, and another worker looks before they are renewed."""
    receiver.answers = [Answer(delay=600)]
    change(session, ticket, 5)
    session.remove()
    other = ClockJumps()
    clock_jumps.look(other)
    first = start_drain(clocks)
    wait_until(lambda: receiver.got, what="the request is in the air")
    moved_clock.set(HOUR)
    start_drain(other).join(30)
    assert [state for state, _ in rows()] == ["sending"]
    wait_until(lambda: rows()[0][1] > 0, what="the lease is renewed by the new clock")
    receiver.ended.set()  # it answers now
    first.join(30)
    assert attempts() == [(1, "")]
    assert list(came(receiver).values()) == [1]


def test_after_a_step_forward_a_dead_workers_lease_ends_all_the_same(
    session, ticket, callout, receiver, moved_clock, clocks, start_drain
):
    change(session, ticket, 5)
    lease = services().settings.lease_seconds
    outbox.claim(session(), callout.id, 1, "dead", now=stamp(), lease_seconds=lease)
    session.commit()
    session.remove()
    moved_clock.set(HOUR)
    start_drain(clocks).join(30)
    assert [state for state, _ in rows()] == ["sending"]
    moved_clock.forward(lease + 1)
    start_drain(clocks).join(30)
    assert [state for state, _ in rows()] == ["delivered"]
    assert attempts() == [(1, "lost"), (2, "")]


@pytest.mark.parametrize(("app", "seconds"), [("sqlite", HOUR), ("postgres", -HOUR)], indirect=["app"])
def test_what_waits_to_be_sent_again_is_sent_once_more_and_not_an_hour_late(
    session, company, callout, receiver, moved_clock, drain, sweep, seconds
):
    receiver.answers = [Answer(503), Answer(503), Answer()]
    for _ in range(2):
        change(session, make_ticket(session, company), 5)
    drain()
    assert [state for state, _ in rows()] == ["waiting", "waiting"]
    moved_clock.set(seconds)
    sweep()
    drain()
    assert [state for state, _ in rows()] == ["delivered", "delivered"]
    assert attempts() == [(1, "http"), (2, "")] * 2
    assert set(came(receiver).values()) == {2}


@both
def test_what_was_written_before_a_step_back_is_due_at_once(
    session, ticket, callout, receiver, moved_clock, drain, sweep
):
    change(session, ticket, 5)
    moved_clock.set(-HOUR)
    assert rows()[0][1] > HOUR - 60
    sweep()
    assert rows()[0][1] <= 0
    drain()
    assert attempts() == [(1, "")]


def test_what_was_sent_again_by_hand_before_a_step_back_is_due_at_once_too(
    session, ticket, callout, receiver, moved_clock, drain, sweep
):
    change(session, ticket, 5)
    drain()
    moved_clock.forward(HOUR * 3)
    sweep()
    outbox.send_again(session(), session.scalar(select(Delivery.id)), clock.now())
    session.commit()
    moved_clock.set(-HOUR)
    sweep()
    drain()
    assert attempts() == [(1, ""), (2, "")]


def test_after_a_step_back_a_dead_workers_lease_lasts_no_longer_than_a_lease(
    session, ticket, callout, receiver, moved_clock, drain, sweep
):
    change(session, ticket, 5)
    lease = services().settings.lease_seconds
    outbox.claim(session(), callout.id, 1, "dead", now=stamp(), lease_seconds=lease)
    session.commit()
    moved_clock.set(-HOUR)
    sweep()
    ((state, left),) = rows()
    assert state == "sending"
    assert lease - 1 <= left <= lease, "a second may turn before one looks"
    moved_clock.forward(lease + 1)
    drain()
    assert attempts() == [(1, "lost"), (2, "")]


@both
def test_a_step_back_takes_nothing_from_a_worker_that_lives(
    session, ticket, callout, receiver, moved_clock, clocks, start_drain, sweep
):
    receiver.answers = [Answer(delay=600)]
    change(session, ticket, 5)
    session.remove()
    first = start_drain(clocks)
    wait_until(lambda: receiver.got, what="the request is in the air")
    moved_clock.set(-HOUR)
    sweep()
    assert [state for state, _ in rows()] == ["sending"]
    start_drain().join(30)
    receiver.ended.set()
    first.join(30)
    assert attempts() == [(1, "")]
    assert list(came(receiver).values()) == [1]


def test_a_supervisor_that_starts_after_a_step_back_finds_what_it_put_off(
    session, ticket, callout, receiver, moved_clock, drain, app
):
    change(session, ticket, 5)
    moved_clock.set(-HOUR)
    jobs.bind(app)
    jobs._clocks.cache_clear()
    jobs._may_be_behind.set()
    jobs.sweep()
    drain()
    assert attempts() == [(1, "")]


def test_without_a_step_the_sweep_leaves_what_waits_as_it_is(
    session, ticket, callout, receiver, moved_clock, drain, sweep
):
    receiver.answers = [Answer(503, headers={"Retry-After": "7200"}), Answer()]
    change(session, ticket, 5)
    drain()
    moved_clock.forward(1800)
    before = rows()
    sweep()
    jobs._may_be_behind.set()
    sweep()
    assert rows()[0][1] == pytest.approx(before[0][1], abs=2)
    assert before[0][1] > HOUR


@both
def test_a_failing_callouts_probe_is_not_put_off_by_a_step_back(session, callout, moved_clock, sweep):
    probe_at = stamp() + 30
    session.execute(update(Callout).values(failing_since=clock.now(), probe_at=probe_at))
    session.commit()
    moved_clock.set(-HOUR)
    sweep()
    with reading(db.engine) as other:
        assert other.scalar(select(Callout.probe_at)) <= stamp()


@both
def test_mails_are_put_off_by_no_step_back(session, moved_clock, sweep):
    kept = {"to_address": "a@example.com", "subject": "s", "body": "b", "created_at": clock.now()}
    with writing(db.engine) as other:
        other.add_all(
            [
                Message(**kept, state=MESSAGE_WAITING, due_at=stamp()),
                Message(**kept, state=MESSAGE_WAITING, due_at=stamp() + 3600, attempts=9),
                Message(
                    **kept, state=MESSAGE_SENDING, due_at=stamp() + messages._LEASE, attempts=1, claim="dead"
                ),
            ]
        )
    moved_clock.set(-HOUR)
    sweep()
    with reading(db.engine) as other:
        due = [each - stamp() for each in other.scalars(select(Message.due_at).order_by(Message.id))]
    assert due == pytest.approx([0, 0, messages._LEASE], abs=2)


def test_a_flag_that_the_step_left_up_in_redis_does_not_silence_the_bell(
    session, ticket, callout, moved_clock, sweep
):
    """Whoever should have answered is dead, and the flag's own end is an hour away."""
    bell = services().doorbell
    bell.redis.set("portal:bell", 1, ex=HOUR)
    bell.queue.empty()
    change(session, ticket, 5)
    assert bell.queue.count == 0
    moved_clock.set(-HOUR)
    sweep()
    assert bell.queue.count == 1


def test_a_step_is_seen_once_and_a_little_drift_is_none():
    clocks = ClockJumps()
    assert clocks.look(1000.0, 10.0) == 0.0
    assert clocks.look(1005.5, 15.0) == 0.0
    assert clocks.settled(15.0, 3.0)
    assert clocks.look(4606.0, 16.0) == pytest.approx(3599.5)
    assert not clocks.settled(18.0, 3.0)
    assert clocks.look(4608.0, 18.0) == 0.0
    assert clocks.settled(19.5, 3.0)
    assert clocks.look(1009.0, 19.0) == pytest.approx(-3600.0)
