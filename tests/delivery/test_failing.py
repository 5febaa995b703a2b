"""A receiver that keeps failing is probed, not hammered, and nothing that waits for it is lost."""

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.db.engine import db
from portal.db.services import services
from portal.db.sessions import reading, writing
from portal.delivery import due, outbox
from portal.delivery.circuit_breaker import FAILING_AFTER, try_now
from portal.models import Callout, CalloutRecipient, Delivery, Message
from portal.models.delivery import SENDING, WAITING
from tests.conftest import BOTH, make_resource, make_ticket
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change
from tests.receiver import Answer

PAUSE = 60


@pytest.fixture
def callout(session, receiver) -> Callout:
    """A callout whose end of each delivery nobody hears of, so that all mails are about the callout."""
    callout = make_callout(session, receiver.url, name="Acme RMM", only_on_failure=True)
    who = make_resource(session, "service_desk")
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=who.id, slot=1))
    session.commit()
    return callout


@pytest.fixture
def complete(session, company):
    """Complete new tickets, one delivery each."""

    def run(count: int) -> None:
        for _ in range(count):
            change(session, make_ticket(session, company), 5)

    return run


def counts(session) -> tuple[int, int, int]:
    """How many are delivered, were tried and wait, and wait untried."""
    session.expire_all()
    rows = session.scalars(select(Delivery)).all()
    tried = [each for each in rows if each.state == WAITING and each.attempt_count > each.attempts_before]
    untried = [each for each in rows if each.state == WAITING and each.attempt_count == each.attempts_before]
    return sum(each.state == "delivered" for each in rows), len(tried), len(untried)


def subjects(session) -> list[str]:
    return list(session.scalars(select(Message.subject).order_by(Message.id)))


def make_failing(session, complete, drain, receiver, answer: Answer | None = None) -> None:
    receiver.answers = [answer or Answer(503)]
    complete(FAILING_AFTER)
    drain()


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_five_failures_in_a_row_make_a_callout_failing_and_tell_its_recipients_once(
    session, callout, complete, drain, receiver, moved_clock
):
    receiver.answers = [Answer(503)]
    complete(FAILING_AFTER - 1)
    drain()
    session.refresh(callout)
    assert (callout.failures_in_row, callout.failing_since) == (FAILING_AFTER - 1, None)
    assert subjects(session) == []
    complete(1)
    before = clock.now()
    drain()
    session.refresh(callout)
    assert callout.failing_since >= before
    assert "HTTP 503" in callout.failing_reason
    assert subjects(session) == ["Callout is failing: Acme RMM"]
    (mail,) = session.scalars(select(Message))
    assert "HTTP 503 Service Unavailable" in mail.body
    assert f"/admin/callouts/{callout.id}" in mail.body
    moved_clock.forward(PAUSE + 1)
    drain()
    session.refresh(callout)
    assert callout.failures_in_row == 2 * FAILING_AFTER
    assert len(subjects(session)) == 1, "told once, however long it lasts"


def test_a_success_between_ends_the_row(session, callout, complete, drain, receiver):
    for _ in range(3):
        receiver.answers = [Answer(503)]
        complete(FAILING_AFTER - 1)
        drain()
        receiver.answers = [Answer()]
        complete(1)
        drain()
    session.refresh(callout)
    assert (callout.failures_in_row, callout.failing_since) == (0, None)
    assert subjects(session) == []


def test_what_is_new_waits_behind_the_probe_while_resends_keep_their_schedule(
    session, callout, complete, drain, receiver, moved_clock
):
    make_failing(session, complete, drain, receiver)
    complete(20)
    assert drain() == 0
    assert counts(session) == (0, FAILING_AFTER, 20)
    for _ in range(9):
        moved_clock.forward(PAUSE + 1)
        assert drain() == FAILING_AFTER, "each is sent again at its own time, and nothing else"
    assert counts(session) == (0, FAILING_AFTER, 20)


def test_a_resend_that_arrives_lets_everything_flow(session, callout, complete, drain, receiver, moved_clock):
    make_failing(session, complete, drain, receiver)
    complete(20)
    receiver.answers = [Answer()]
    moved_clock.forward(PAUSE + 1)
    assert drain() == FAILING_AFTER + 20
    assert counts(session) == (FAILING_AFTER + 20, 0, 0)
    session.refresh(callout)
    assert (callout.failures_in_row, callout.failing_since, callout.failing_reason) == (0, None, "")
    assert subjects(session) == ["Callout is failing: Acme RMM", "Callout delivers again: Acme RMM"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_where_nothing_is_sent_again_one_new_delivery_a_pause_is_the_probe(
    session, receiver, complete, drain, moved_clock
):
    callout = make_callout(session, receiver.url, resend_preset="custom", resend_seconds=1, resend_limit=0)
    make_failing(session, complete, drain, receiver)
    complete(10)
    for left in (10, 9, 8):
        assert counts(session) == (0, 0, left)
        assert drain() == 0, "the pause is not over"
        moved_clock.forward(PAUSE + 1)
        assert drain() == 1
    receiver.answers = [Answer()]
    moved_clock.forward(PAUSE + 1)
    assert drain() == 7
    session.refresh(callout)
    assert callout.failing_since is None


def test_a_probe_goes_out_where_the_next_resend_is_hours_away(
    session, receiver, complete, drain, moved_clock
):
    make_callout(session, receiver.url, resend_preset="long")
    make_failing(session, complete, drain, receiver)
    complete(3)
    moved_clock.forward(10)
    assert drain() == FAILING_AFTER, "the second try comes after five seconds"
    moved_clock.forward(PAUSE + 1)
    assert drain() == 1, "the third comes after five minutes: this is the probe"
    assert counts(session) == (0, FAILING_AFTER + 1, 2)


def test_a_probe_comes_no_earlier_than_the_receiver_asked_for(
    session, receiver, complete, drain, moved_clock
):
    make_callout(session, receiver.url, resend_preset="custom", resend_seconds=1, resend_limit=0)
    make_failing(session, complete, drain, receiver, Answer(503, headers={"Retry-After": "600"}))
    complete(1)
    moved_clock.forward(590)
    assert drain() == 0
    moved_clock.forward(20)
    assert drain() == 1


def test_the_bell_is_rung_for_the_probe(session, receiver, complete, drain):
    callout = make_callout(session, receiver.url, resend_preset="custom", resend_seconds=1, resend_limit=0)
    make_failing(session, complete, drain, receiver)
    stamp = int(clock.now().timestamp())
    with reading(db.engine) as own:
        assert due.next_due(own, stamp) is None, "there is nothing that it could try"
    complete(1)
    stamp = int(clock.now().timestamp())  # no sooner: the delivery may be of the second after
    session.refresh(callout)
    with reading(db.engine) as own:
        assert due.next_due(own, stamp) == callout.probe_at
        assert due.due_callouts(own, stamp) == []
        assert due.due_callouts(own, callout.probe_at) == [callout.id]
    session.rollback()


def test_somebody_who_mended_the_callout_needs_not_wait_for_the_probe(session, receiver, complete, drain):
    callout = make_callout(session, receiver.url, resend_preset="custom", resend_seconds=1, resend_limit=0)
    make_failing(session, complete, drain, receiver)
    complete(4)
    receiver.answers = [Answer()]
    assert drain() == 0
    try_now(session(), callout.id)
    session.commit()
    assert drain() == 4


def test_a_delivery_that_is_sent_again_before_an_earlier_one_of_its_ticket_does_not_stop_the_probe(
    session, ticket, receiver, complete, drain, moved_clock
):
    """The later one is due and may not go before the earlier one, which is new and waits for the probe."""
    make_callout(session, receiver.url, resend_preset="custom", resend_seconds=1, resend_limit=0)
    make_failing(session, complete, drain, receiver)
    change(session, ticket, 8)
    moved_clock.forward(PAUSE + 1)
    assert drain() == 1
    earlier = session.scalar(select(func.max(Delivery.id)))
    change(session, ticket, 5)
    session.execute(
        Delivery.__table__.update()
        .where(Delivery.id > earlier)
        .values(attempts=1, due_at=int(clock.now().timestamp()) + 1)
    )
    outbox.send_again(session(), earlier, clock.now())
    session.commit()
    receiver.answers = [Answer()]
    moved_clock.forward(PAUSE + 1)
    assert drain() == 2


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_two_workers_never_send_a_probe_each(session, receiver, complete, drain, moved_clock):
    callout = make_callout(session, receiver.url, resend_preset="custom", resend_seconds=1, resend_limit=0)
    make_failing(session, complete, drain, receiver)
    complete(5)
    stamp = int(clock.now().timestamp()) + PAUSE + 1
    options = {"now": stamp, "lease_seconds": 600, "pause": PAUSE}
    with writing(db.engine) as one, writing(db.engine) as other:
        assert len(outbox.claim_probe(one, callout.id, "one", **options)) == 1
        assert outbox.claim_probe(other, callout.id, "other", **options) == [], "it is not waited for"
    with writing(db.engine) as other:
        assert outbox.claim_probe(other, callout.id, "other", **options) == []
    options["now"] = stamp + PAUSE
    with writing(db.engine) as other:
        assert outbox.claim_probe(other, callout.id, "other", **options | {"pause": 1}) == [], (
            "one is in the air"
        )
    assert session.scalar(select(func.count()).where(Delivery.state == SENDING)) == 1


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_failures_that_two_workers_see_are_one_row_and_told_once(
    session, callout, complete, receiver, start_drain
):
    receiver.answers = [Answer(503, delay=0.02)]
    complete(12)
    for each in [start_drain(), start_drain()]:
        each.join(60)
    session.refresh(callout)
    tried = session.scalar(select(func.sum(Delivery.attempt_count)))
    assert callout.failures_in_row == tried >= FAILING_AFTER
    assert subjects(session) == ["Callout is failing: Acme RMM"]


def test_a_worker_that_dies_says_nothing_of_the_receiver(session, callout, complete, drain, moved_clock):
    complete(FAILING_AFTER + 1)
    stamp = int(clock.now().timestamp())
    lease, callout_id = services().settings.lease_seconds, callout.id
    session.commit()
    with writing(db.engine) as own:
        outbox.claim(own, callout_id, 10, "dead", now=stamp, lease_seconds=lease)
    moved_clock.forward(lease + 1)
    assert drain() == FAILING_AFTER + 1
    session.refresh(callout)
    assert callout.failing_since is None


def test_a_paused_callouts_deliveries_wait_and_none_is_skipped(session, callout, complete, drain):
    callout.paused = True
    session.commit()
    complete(3)
    stamp = int(clock.now().timestamp())
    with reading(db.engine) as own:
        assert due.due_callouts(own, stamp) == []
        assert due.next_due(own, stamp - 100) is None
    assert drain() == 0
    assert counts(session) == (0, 0, 3)
    callout.paused = False
    session.commit()
    assert drain() == 3


@pytest.mark.parametrize(("app", "how"), [("sqlite", "paused"), ("postgres", "active")], indirect=["app"])
def test_what_a_dead_worker_held_is_taken_back_though_its_callout_sends_nothing(
    session, callout, complete, drain, moved_clock, how
):
    complete(1)
    stamp, callout_id = int(clock.now().timestamp()), callout.id
    session.commit()
    with writing(db.engine) as own:
        outbox.claim(own, callout_id, 10, "dead", now=stamp, lease_seconds=15)
    setattr(callout, how, how == "paused")
    session.commit()
    moved_clock.forward(20)
    assert drain() == 0
    assert counts(session) == (0, 1, 0), "no row is stuck in sending"


@pytest.mark.slow
def test_what_was_claimed_ahead_for_a_quick_receiver_comes_back_when_it_is_failing(
    session, callout, complete, drain, receiver
):
    complete(150)
    drain()  # it is known as quick now
    # slow once it fails, so that what is sent meanwhile doesn't depend on how soon that is recorded
    receiver.answers = [*[Answer(503)] * FAILING_AFTER, Answer(503, delay=0.1)]
    complete(100)
    drain()
    delivered, tried, untried = counts(session)
    assert delivered == 150
    assert FAILING_AFTER <= tried < 100
    assert untried == 100 - tried
    stale = session.scalar(select(func.count()).where(Delivery.claim.is_not(None)))
    assert stale == 0
