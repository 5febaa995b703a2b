"""Retention: what ended long ago is deleted in small steps; what is open stays, and so do tickets and notes."""

import threading
from datetime import timedelta
from itertools import count

import pytest
from rq import Queue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock, jobs
from portal.db.doorbell import DRAIN_JOB, RETENTION_JOB, Doorbell
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import outbox, retention
from portal.models import Attempt, AttemptRemark, Delivery, Message, TicketHistory, TicketNote
from portal.models.delivery import ENDED_STATES, MESSAGE_STATES, OPEN_STATES, STATES
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout, sweep
from tests.web.delivering import complete

both = pytest.mark.parametrize("app", BOTH, indirect=True)
DAYS = 30
_numbers = count()


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"PORTAL_KEEP_DAYS": str(DAYS)}


def days_ago(days: float):
    return clock.now() - timedelta(days=days)


def make(session, ticket, state: str, ended: float, tries: int = 2) -> int:
    """A delivery that ended so many days ago (or is open since), with attempts."""
    delivery = Delivery(
        uid=f"msg_{next(_numbers)}",
        callout_name="Acme RMM",
        ticket_id=ticket.id,
        state=state,
        fields="{}",
        due_at=2**31 - 1,
        attempt_count=tries,
        created_at=days_ago(ended),
        ended_at=None if state in OPEN_STATES else days_ago(ended),
    )
    session.add(delivery)
    session.flush()
    made = delivery.id
    for number in range(1, tries + 1):
        session.add(Attempt(delivery_id=made, number=number, started_at=days_ago(ended), duration_ms=1))
        session.flush()
        session.add(
            AttemptRemark(delivery_id=made, number=number, place=0, code="body.no-response", text="Odd.")
        )
    session.commit()
    return made


def make_mail(session, state: str, written: float, delivery_id: int | None = None) -> int:
    mail = Message(
        to_address="ada@example.com",
        subject="Callout",
        body="",
        state=state,
        due_at=0,
        created_at=days_ago(written),
        delivery_id=delivery_id,
    )
    session.add(mail)
    session.flush()
    made = mail.id
    session.commit()
    return made


def left(session, model=Delivery) -> set[int]:
    session.expire_all()
    found = set(session.scalars(select(model.id)))
    session.commit()
    return found


def prune(session, go_on=lambda: True) -> retention.Deleted:
    session.commit()
    return retention.prune(db.engine, days_ago(DAYS), go_on)


# What goes and what stays


@both
def test_what_ended_before_the_time_goes_with_its_attempts_and_nothing_else(app, session, ticket):
    old = [make(session, ticket, state, DAYS + 1) for state in ENDED_STATES]
    young = [make(session, ticket, state, DAYS - 1) for state in ENDED_STATES]
    still_open = [make(session, ticket, state, DAYS * 50) for state in OPEN_STATES]
    expected = retention.Deleted(deliveries=len(old), attempts=2 * len(old))
    session.commit()
    assert retention.count(db.engine, days_ago(DAYS)) == expected
    assert left(session) == {*old, *young, *still_open}
    assert prune(session) == expected
    assert left(session) == {*young, *still_open}
    for model in (Attempt, AttemptRemark):
        assert set(session.scalars(select(model.delivery_id))) == {*young, *still_open}
    assert prune(session) == retention.Deleted()


@both
def test_mails_go_once_they_are_old_and_no_longer_to_be_sent(app, session, ticket):
    old = {state: make_mail(session, state, DAYS + 1) for state in MESSAGE_STATES}
    young = [make_mail(session, state, DAYS - 1) for state in MESSAGE_STATES]
    assert retention.count(db.engine, days_ago(DAYS)).mails == 3
    assert prune(session).mails == 3
    assert left(session, Message) == {*young, old["waiting"], old["sending"]}


def test_a_mail_that_still_waits_outlives_its_delivery(app, session, ticket):
    delivery = make(session, ticket, "failed", DAYS + 1)
    mail = make_mail(session, "waiting", DAYS + 1, delivery)
    prune(session)
    assert left(session) == set()
    assert session.get(Message, mail).delivery_id is None


def test_a_ticket_keeps_its_notes_and_its_history(app, session, ticket):
    session.add(
        TicketNote(
            ticket_id=ticket.id,
            title="Extension callout",
            description="Delivered.",
            note_type=1,
            publish=1,
            created_at=days_ago(DAYS + 1),
            last_activity_at=days_ago(DAYS + 1),
        )
    )
    make(session, ticket, "delivered", DAYS + 1)
    history = left(session, TicketHistory)
    prune(session)
    assert left(session) == set()
    assert len(left(session, TicketNote)) == 1
    assert left(session, TicketHistory) == history


@both
def test_an_id_is_never_given_out_twice(app, session, ticket):
    gone = make(session, ticket, "delivered", DAYS + 1)
    prune(session)
    assert make(session, ticket, "delivered", 0) > gone


# Batches


def test_each_batch_is_small_and_the_oldest_goes_first(app, session, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 3)
    ids = [make(session, ticket, "delivered", DAYS + 20 - number) for number in range(10)]
    seen: list[set[int]] = []

    def look() -> bool:
        seen.append(left(session))
        return True

    assert prune(session, look).deliveries == 10
    assert seen == [set(ids[3:]), set(ids[6:]), set(ids[9:]), set()]


def test_what_was_interrupted_is_gone_on_with(app, session, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 3)
    for state in ("delivered", "failed"):
        for _ in range(5):
            make(session, ticket, state, DAYS + 1)
    mails = [make_mail(session, "sent", DAYS + 1) for _ in range(5)]
    parts, turns = [], 0
    while not parts or not parts[-1].whole:
        parts.append(prune(session, lambda: False))
        turns += 1
        assert turns < 20
    assert [each.deliveries for each in parts] == [3, 2, 3, 2, 0, 0, 0]
    assert [each.mails for each in parts] == [0, 0, 0, 0, 3, 2, 0]
    assert left(session) == left(session, Attempt) == set()
    assert not left(session, Message) & set(mails)


def test_whoever_dies_in_between_leaves_whole_deliveries(app, session, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    ids = [make(session, ticket, "failed", DAYS + 9 - number) for number in range(4)]

    def die() -> bool:
        raise SystemExit

    with pytest.raises(SystemExit):
        prune(session, die)
    assert left(session) == set(ids[2:])
    tries = select(Attempt.delivery_id, func.count()).group_by(Attempt.delivery_id)
    assert dict(session.execute(tries).all()) == dict.fromkeys(ids[2:], 2)


# Beside others


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_what_somebody_is_just_sending_again_is_left_to_them(app, session, ticket):
    callout = make_callout(session, "http://127.0.0.1:9/")
    wanted, other = (make(session, ticket, "failed", DAYS + 1) for _ in range(2))
    session.get(Delivery, wanted).callout_id = callout.id
    session.commit()
    with Session(db.engine) as own:
        assert outbox.send_again(own, wanted, clock.now())
        assert prune(session).deliveries == 1
        own.commit()
    assert left(session) == {wanted}
    assert session.get(Delivery, wanted).state == "waiting"
    assert other != wanted


@both
def test_two_at_once_delete_each_row_once(app, session, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 5)
    for number in range(60):
        make(session, ticket, ("delivered", "failed")[number % 2], DAYS + 1, tries=1)
    session.commit()
    engine, before, found, start = db.engine, days_ago(DAYS), [], threading.Barrier(2)

    def run() -> None:
        start.wait(10)
        found.append(retention.prune(engine, before, lambda: True))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(each.deliveries for each in found) == 60
    assert sum(each.attempts for each in found) == 60
    assert left(session) == set()


@both
def test_while_old_ones_are_deleted_new_ones_are_sent(
    app, session, company, ticket, callout, receiver, drain_beside, monkeypatch
):
    monkeypatch.setattr(retention, "BATCH", 5)
    for _ in range(60):
        make(session, ticket, "delivered", DAYS + 1, tries=1)
    wanted = {complete(session, make_ticket(session, company)) for _ in range(20)}
    thread = drain_beside()
    pruned = [prune(session)]
    # the drain is not at its end only because the pruning is
    while thread.is_alive():
        pruned.append(prune(session))
        thread.join(0.01)
    assert sum(each.deliveries for each in pruned) == 60
    assert left(session) == wanted
    assert set(session.scalars(select(Delivery.state))) == {"delivered"}
    assert len(receiver.got) == 20


# The job


def waiting(bell: Doorbell) -> list[str]:
    return [each.func_name for each in bell.queue.jobs]


@pytest.fixture
def bell(app) -> Doorbell:
    jobs.bind(app)
    return services().doorbell


@pytest.fixture(autouse=True)
def not_stopping():
    yield
    jobs.stopping.clear()


def test_of_all_sweeps_of_an_hour_one_has_old_rows_looked_for(session, bell):
    for _ in range(3):
        sweep()
    Doorbell(bell.redis).ring_retention()
    assert waiting(bell) == [RETENTION_JOB]
    assert 3590 < bell.redis.ttl("portal:bell:keep") <= 3600


def test_a_redis_that_forgot_everything_is_told_again(session, bell):
    sweep()
    bell.redis.flushall()
    sweep()
    assert waiting(bell) == [RETENTION_JOB]


def test_the_job_deletes_what_is_older_than_the_setting_says(session, bell, ticket, caplog):
    old, young = make(session, ticket, "failed", DAYS + 0.1), make(session, ticket, "failed", DAYS - 0.1)
    jobs.keep()
    assert left(session) == {young}
    assert old != young
    assert waiting(bell) == []


def test_the_job_stops_when_it_is_told_and_another_goes_on(session, bell, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(6):
        make(session, ticket, "delivered", DAYS + 1)
    jobs.stopping.set()
    jobs.keep()
    assert len(left(session)) == 4
    assert waiting(bell) == [RETENTION_JOB]
    jobs.stopping.clear()
    jobs.keep()
    assert left(session) == set()


def test_the_job_gives_way_to_a_drain_that_is_rung_for(session, bell, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(6):
        make(session, ticket, "delivered", DAYS + 1)
    bell.ring()
    jobs.keep()
    assert len(left(session)) == 4
    assert waiting(bell) == [DRAIN_JOB, RETENTION_JOB]
    bell.answer()
    jobs.keep()
    assert left(session) == set()


def test_the_job_is_over_after_a_moment_and_another_goes_on(session, bell, ticket, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(jobs, "_RETENTION_SECONDS", 0.0)
    for _ in range(6):
        make(session, ticket, "delivered", DAYS + 1)
    jobs.keep()
    assert len(left(session)) == 4
    assert waiting(bell) == [RETENTION_JOB]


class TestForEver:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"PORTAL_KEEP_DAYS": ""}

    def test_without_the_setting_nothing_is_looked_for_or_deleted(self, session, bell, ticket):
        old = {make(session, ticket, state, 36_000) for state in STATES}
        sweep()
        assert waiting(bell) == []
        jobs.keep()
        assert left(session) == old


def test_the_queues_job_has_a_name_that_a_worker_finds(bell):
    bell.ring_retention()
    (job,) = Queue("portal", connection=bell.redis, serializer=bell.queue.serializer).jobs
    assert job.func is jobs.keep
