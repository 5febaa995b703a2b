"""The doorbell: one job for many rings, none without a commit, and no harm when Redis forgets or is gone."""

import os
import signal
import time

import pytest
from redis import Redis
from sqlalchemy import select

from portal import create_app, jobs
from portal.db.after_commit import ring_doorbell
from portal.db.doorbell import DRAIN_JOB, MAIL_JOB, Doorbell
from portal.db.engine import db
from portal.db.services import services
from portal.models import Company, Delivery
from portal.settings import Settings
from tests.delivery.conftest import sweep
from tests.delivery.test_drain import change, claim_as_a_worker_that_dies
from tests.receiver import Answer
from tests.servers import Valkey, wait_until


@pytest.fixture
def bell(app) -> Doorbell:
    return services().doorbell


@pytest.fixture
def own_valkey():
    """A Valkey that a test may stop."""
    server = Valkey()
    yield server
    server.close()


def waiting(bell: Doorbell) -> list[str]:
    return [each.func_name for each in bell.queue.jobs]


def test_many_rings_are_one_job_until_somebody_answers(bell):
    assert all(bell.ring() for _ in range(5))
    assert waiting(bell) == [DRAIN_JOB]
    assert bell.answer()
    assert not bell.answer()
    bell.ring()
    assert waiting(bell) == [DRAIN_JOB] * 2


def test_mails_have_a_bell_of_their_own(bell):
    for _ in range(3):
        bell.ring_mail()
        bell.ring()
    assert sorted(waiting(bell)) == [DRAIN_JOB, MAIL_JOB]
    bell.answer()
    bell.ring_mail()
    assert sorted(waiting(bell)) == [DRAIN_JOB, MAIL_JOB]
    bell.answer_mail()
    bell.ring_mail()
    assert sorted(waiting(bell)) == [DRAIN_JOB, MAIL_JOB, MAIL_JOB]


def test_a_job_bears_a_name_and_nothing_else(bell):
    bell.ring()
    bell.ring_mail()
    for job in bell.queue.jobs:
        assert (list(job.args), job.kwargs) == ([], {})
        module, _, name = job.func_name.rpartition(".")
        assert module == "portal.jobs"
        assert callable(getattr(jobs, name))


def test_a_flag_that_nobody_answers_goes_by_itself(bell):
    bell.ring()
    (flag,) = bell.redis.keys("portal:bell*")
    assert 0 < bell.redis.ttl(flag) <= 5


def test_who_wants_to_be_relieved_holds_the_flag_until_somebody_answers(bell):
    assert not bell.renew_offer("me"), "nothing was rung"
    assert bell.offer_handover("me")
    assert waiting(bell) == [DRAIN_JOB]
    (flag,) = bell.redis.keys("portal:bell*")
    bell.redis.expire(flag, 1)
    assert bell.renew_offer("me")
    assert bell.redis.ttl(flag) > 1, (
        "without this it would go by itself, and look as if somebody had answered"
    )
    bell.answer()
    assert not bell.renew_offer("me")
    bell.ring()
    assert not bell.renew_offer("me"), "it was answered, and rung again by somebody else"


def test_of_two_who_want_to_be_relieved_one_stays(bell):
    bell.ring()
    assert bell.offer_handover("me")
    assert bell.offer_handover("you")
    assert (bell.renew_offer("me"), bell.renew_offer("you")) == (False, True)
    assert waiting(bell) == [DRAIN_JOB]


def test_a_bell_for_later_is_scheduled_once_a_second(bell):
    epoch = int(time.time()) + 60
    for _ in range(3):
        bell.ring_at(epoch)
    bell.ring_at(epoch + 1)
    scheduled = bell.queue.scheduled_job_registry
    assert sorted(scheduled.get_scheduled_time(each).timestamp() for each in scheduled.get_job_ids()) == [
        epoch,
        epoch + 1,
    ]
    assert waiting(bell) == []


def test_a_bell_for_a_time_that_has_passed_is_no_error(bell):
    bell.ring_at(int(time.time()) - 60)
    assert bell.queue.scheduled_job_registry.count == 1


# With the database


def test_it_rings_after_the_commit_and_not_before(session, bell):
    ring_doorbell(session())
    session.add(Company(name="Contoso"))
    session.flush()
    assert waiting(bell) == []
    session.commit()
    assert waiting(bell) == [DRAIN_JOB]


def test_a_roll_back_forgets_it(session, bell):
    session.add(Company(name="Contoso"))
    session.flush()
    ring_doorbell(session())
    session.rollback()
    session.add(Company(name="Contoso"))
    session.commit()
    assert waiting(bell) == []


def test_a_savepoint_neither_rings_nor_forgets(session, bell):
    with session.begin_nested():
        ring_doorbell(session())
    assert waiting(bell) == []
    savepoint = session.begin_nested()
    session.flush()
    savepoint.rollback()
    session.commit()
    assert waiting(bell) == [DRAIN_JOB]


def test_a_commit_that_changed_no_delivery_does_not_ring(session, bell, ticket, callout):
    change(session, ticket, 1)
    assert waiting(bell) == []
    change(session, ticket, 8)
    assert waiting(bell) == [DRAIN_JOB]


def test_a_drain_clears_the_flag_before_it_looks(session, bell, ticket, callout, drain):
    change(session, ticket, 8)
    drain()
    assert not bell.answer()
    bell.queue.empty()
    change(session, ticket, 9)
    assert waiting(bell) == [DRAIN_JOB]


def test_a_flushed_redis_loses_nothing_and_the_next_sweep_rings(session, app, bell, ticket, callout, drain):
    change(session, ticket, 5)
    bell.redis.flushall()
    assert waiting(bell) == []
    jobs.bind(app)
    sweep()
    assert waiting(bell) == [DRAIN_JOB]
    assert drain() == 1
    bell.queue.empty()
    sweep()
    assert waiting(bell) == [], "nothing is due, and the sweep rang all the same"


def test_a_sweep_is_silent_while_all_that_is_due_waits_for_an_earlier_delivery(
    session, app, bell, ticket, receiver, callout, drain, moved_clock
):
    receiver.answers = [Answer(503)]
    for status in (8, 9, 5):
        change(session, ticket, status)
    drain()
    bell.redis.flushall()
    jobs.bind(app)
    sweep()
    assert waiting(bell) == []
    moved_clock.forward(61)
    sweep()
    assert waiting(bell) == [DRAIN_JOB]


def test_a_sweep_rings_for_the_lease_of_a_dead_worker(session, app, bell, ticket, callout, moved_clock):
    change(session, ticket, 5)
    claim_as_a_worker_that_dies(callout)
    bell.redis.flushall()
    jobs.bind(app)
    sweep()
    assert waiting(bell) == []
    moved_clock.forward(services().settings.lease_seconds + 1)
    sweep()
    assert waiting(bell) == [DRAIN_JOB]


# Without Redis


def test_while_redis_is_down_tickets_change_and_everything_goes_on_when_it_is_back(
    session, app, ticket, callout, own_valkey, receiver, drain, monkeypatch
):
    redis = Redis.from_url(own_valkey.url, socket_connect_timeout=1.0, socket_timeout=2.0)
    bell = Doorbell(redis)
    monkeypatch.setattr(services().doorbell, "ring", bell.ring)
    own_valkey.stop()
    change(session, ticket, 5)
    assert len(session.scalars(select(Delivery)).all()) == 1
    assert (bell.ring(), bell.answer(), bell.renew_offer("me")) == (False, False, True)
    bell.ring_mail()
    bell.ring_at(int(time.time()) + 60)
    bell.answer_mail()
    own_valkey.start()
    jobs.bind(app)
    # the bell keeps quiet for some seconds after a failure; the sweep comes again and again
    wait_until(lambda: sweep() or waiting(bell), what="a sweep rings again")
    assert drain() == 1


def test_a_silent_redis_is_waited_for_once_and_not_by_everybody(own_valkey):
    redis = Redis.from_url(own_valkey.url, socket_connect_timeout=1.0, socket_timeout=0.5)
    bell = Doorbell(redis)
    bell.ring()
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    try:
        asked = count_waits(bell)
        for _ in range(20):
            bell.ring()
            bell.answer()
            bell.renew_offer("me")
            bell.offer_handover("me")
            bell.ring_at(int(time.time()) + 60)
        assert asked == [1]
    finally:
        os.kill(own_valkey.process.pid, signal.SIGCONT)


def count_waits(bell: Doorbell) -> list[int]:
    """Count how often Redis is really asked."""
    asked: list[int] = []
    real = bell.redis.connection_pool.get_connection

    def get_connection(*args, **values):
        asked.append(1)
        return real(*args, **values)

    bell.redis.connection_pool.get_connection = get_connection
    return asked


def test_a_drain_goes_on_while_redis_is_silent(
    session, ticket, callout, own_valkey, receiver, drain, monkeypatch
):
    bell = services().doorbell
    redis = Redis.from_url(own_valkey.url, socket_connect_timeout=1.0, socket_timeout=0.5)
    change(session, ticket, 5)
    monkeypatch.setattr(bell, "redis", redis)
    os.kill(own_valkey.process.pid, signal.SIGSTOP)
    try:
        assert drain() == 1
    finally:
        os.kill(own_valkey.process.pid, signal.SIGCONT)
    assert session.scalars(select(Delivery.state)).one() == "delivered"


def test_a_commit_rings_the_bell_of_the_app_that_committed(bell, environ, own_valkey):
    other = create_app(Settings.from_env(environ | {"REDIS_URL": own_valkey.url}))
    with other.app_context():
        db.session.execute(select(1))
        ring_doorbell(db.session())
        db.session.commit()
        assert waiting(services().doorbell) == [DRAIN_JOB]
        db.session.remove()
        db.engine.dispose()
    assert waiting(bell) == []
