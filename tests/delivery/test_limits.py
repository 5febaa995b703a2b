"""A callout's own limits hold for all workers together."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.db.engine import db
from portal.db.sessions import writing
from portal.delivery import limits, outbox
from portal.delivery.limits import free_slots
from portal.models import Callout, Delivery
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change, only_delivery
from tests.receiver import Answer
from tests.servers import wait_until

SECOND = 1_000_000


def complete(session, company, count: int) -> None:
    for _ in range(count):
        change(session, make_ticket(session, company), 5)


def test_deliveries_a_second_are_as_many_as_allowed_and_never_a_tenth_more(subtests):
    for per_second in [1, 2, 3, 4, 7, 10, 100, 999, 10_000]:
        for look in [1000, 20_000, 50_000]:
            with subtests.test(per_second=per_second, look=look):
                until, now, went = 0, 10**15, []
                while now < 10**15 + 5 * SECOND:
                    free = free_slots(until, per_second, now)
                    until = max(until, now) + free * SECOND // per_second
                    went += [now] * free
                    now += look
                for start in range(10**15, 10**15 + 4 * SECOND, 125_000):
                    within = sum(start <= each < start + SECOND for each in went)
                    assert within <= per_second * 1.1 + 1
                assert len(went) >= 5 * per_second * 0.8


def test_a_clock_that_was_set_back_does_not_stop_a_limited_callout():
    now = 10**15
    assert free_slots(now + 3600 * SECOND, 10, now) > 0


@pytest.mark.slow
@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_drain_sends_no_more_than_the_limit_a_second_and_all_in_the_end(session, company, receiver, drain):
    make_callout(session, receiver.url, max_per_second=10)
    complete(session, company, 16)
    assert drain() == 16
    went = sorted(got.at for got in receiver.got)
    # what was claimed in a second may arrive in another: the whole is what can be said surely
    assert went[-1] - went[0] >= 1.2


@pytest.mark.slow
@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_no_more_requests_are_in_the_air_at_once_than_the_callout_allows(
    session, company, receiver, start_drain
):
    receiver.answers = [Answer(delay=30)]
    make_callout(session, receiver.url, max_parallel=3)
    complete(session, company, 8)
    start_drain()
    start_drain()
    wait_until(lambda: len(receiver.got) == 3, what="three are in the air")
    start_drain().join(60)
    session.rollback()
    states = Counter(session.scalars(select(Delivery.state)))
    session.rollback()
    assert states == {"sending": 3, "waiting": 5}
    assert len(receiver.got) == 3
    receiver.answers = [Answer()]
    receiver.ended.set()
    wait_until(lambda: len(receiver.got) == 8, what="the others follow")


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_two_workers_that_claim_at_once_keep_one_limit(session, company, receiver):
    callout_id = make_callout(session, receiver.url, max_parallel=3, max_per_second=100).id
    complete(session, company, 8)
    now = clock.now()

    def claim(own, token: str) -> int:
        callout = own.get(Callout, callout_id)
        room = limits.allowed(own, callout, 10, now).room
        options = {"now": int(now.timestamp()), "lease_seconds": 15}
        rows = outbox.claim(own, callout_id, room, token, **options) if room else []
        limits.spend(own, callout, len(rows), now)
        return len(rows)

    with writing(db.engine) as one, writing(db.engine) as other:
        assert claim(one, "one") == 3
        assert claim(other, "other") == 0, "who claims just now is not waited for"
        callout = other.get(Callout, callout_id)
        assert limits.allowed(other, callout, 10, now).paced, "nor is it given up: the drain looks again soon"
    with writing(db.engine) as other:
        assert claim(other, "other") == 0
    assert session.scalar(select(func.count()).where(Delivery.state == "sending")) == 3
    assert session.get(Callout, callout_id).paced_until == round(now.timestamp() * SECOND) + 3 * SECOND // 100


def test_a_limited_callout_does_not_hold_up_another(session, company, receiver, drain_beside):
    make_callout(session, receiver.url + "/limited", max_per_second=1)
    complete(session, company, 3)
    running = drain_beside()
    wait_until(lambda: len(receiver.got) >= 1, what="the first has gone")
    make_callout(session, receiver.url + "/other")
    complete(session, company, 20)
    others = lambda: sum(got.path.endswith("/other") for got in receiver.got)  # noqa: E731
    wait_until(lambda: others() == 20, what="the other callout's are sent")
    running.join(60)


@pytest.mark.slow
@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_callout_may_have_a_time_out_of_its_own(session, ticket, receiver, drain):
    receiver.answers = [Answer(delay=30)]
    make_callout(session, receiver.url, timeout_seconds=1)
    change(session, ticket, 5)
    drain()
    (attempt,) = only_delivery(session).attempts
    assert attempt.error_kind == "timeout"
    assert "within 1 s" in attempt.error


def test_a_callout_may_have_resends_of_its_own(session, ticket, receiver, drain, moved_clock):
    make_callout(session, receiver.url, resend_preset="custom", resend_seconds=7, resend_limit=2)
    receiver.answers = [Answer(503)]
    change(session, ticket, 5)
    for _ in range(3):
        assert drain() == 1
        moved_clock.forward(5)
        assert drain() == 0
        moved_clock.forward(3)
    assert only_delivery(session).state == "failed"


def test_the_long_preset_goes_on_for_more_than_27_hours(session, ticket, receiver, drain, moved_clock):
    make_callout(session, receiver.url, resend_preset="long")
    receiver.answers = [Answer(503)]
    change(session, ticket, 5)
    begun = clock.now()
    drain()
    while (delivery := only_delivery(session)).state == "waiting":
        session.refresh(delivery)
        moved_clock.forward(delivery.due_at - clock.now().timestamp() + 0.01)
        drain()
        session.expire_all()
    assert (delivery.state, delivery.attempt_count) == ("failed", 8)
    assert timedelta(hours=27) < clock.now() - begun < timedelta(hours=31)
