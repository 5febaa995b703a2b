"""Two drains at once, each ringing for the other: everything is sent once, and in order."""

import re
import socket
import threading
from collections import Counter, defaultdict

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.core.actors import Context
from portal.db.engine import db
from portal.db.services import services
from portal.db.sessions import reading, writing
from portal.delivery import outbox
from portal.desk.ticket_work import edit_ticket
from portal.models import Attempt, Delivery
from portal.models.delivery import OPEN_STATES
from tests.conftest import BOTH, TECHNICIAN, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer
from tests.servers import wait_until

pytestmark = pytest.mark.slow

STATUSES = {8: b"In+Progress", 9: b"Waiting+Materials", 10: b"Dispatched", 5: b"Complete"}
TICKETS = 25


def change_all(session, tickets: list[int]) -> None:
    for status in STATUSES:
        for ticket_id in tickets:
            edit_ticket(session(), Context(TECHNICIAN, clock.now(), "D"), ticket_id, {"status": status}, {})
        session.commit()


def drain_to_the_end(session, start_drain) -> None:
    def open_ones() -> int:
        # a transaction of its own, at once ended: an open one would hold SQLite's write lock
        with reading(db.engine) as other:
            return len(other.scalars(select(Delivery.id).where(Delivery.state.in_(OPEN_STATES))).all())

    session.rollback()
    while open_ones():
        for each in [start_drain(), start_drain()]:
            each.join(60)


def assert_each_once_and_in_order(session, receiver, callouts: int = 1) -> None:
    """The receiver's journal and the portal's attempts tell the same, without a repeat."""
    deliveries = {each.uid: each for each in session.scalars(select(Delivery))}
    assert {each.state for each in deliveries.values()} == {"delivered"}
    assert Counter(got.headers["webhook-id"] for got in receiver.got) == Counter(dict.fromkeys(deliveries, 1))
    assert session.query(Attempt).count() == len(deliveries) == len(receiver.got)
    sent = defaultdict(list)
    for got in receiver.got:
        ticket = re.search(rb"id=(\d+)&", got.body)[1]
        sent[got.path, ticket].append(re.search(rb"status=([^&]*)", got.body)[1])
    assert len(sent) == TICKETS * callouts
    assert all(each == list(STATUSES.values()) for each in sent.values())


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_two_drains_send_each_delivery_once_and_every_tickets_in_order(
    session, company, receiver, start_drain
):
    receiver.answers = [Answer(delay=0.005)]
    make_callout(session, receiver.url)
    make_callout(session, f"{receiver.url}/other")
    tickets = [make_ticket(session, company).id for _ in range(TICKETS)]
    session.commit()
    change_all(session, tickets)
    drain_to_the_end(session, start_drain)
    assert_each_once_and_in_order(session, receiver, callouts=2)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_what_changes_while_two_drains_are_at_work_is_sent_once_and_in_order_too(
    session, company, receiver, start_drain
):
    receiver.answers = [Answer(delay=0.01)]
    make_callout(session, receiver.url)
    tickets = [make_ticket(session, company).id for _ in range(TICKETS)]
    session.commit()
    change_all(session, tickets[:2])
    running = [start_drain(), start_drain()]
    change_all(session, tickets[2:])
    for each in running:
        each.join(60)
    drain_to_the_end(session, start_drain)
    assert_each_once_and_in_order(session, receiver)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_two_deliveries_of_one_ticket_and_callout_are_never_in_the_air_at_once(
    session, company, receiver, start_drain
):
    receiver.answers = [Answer(delay=30)]
    make_callout(session, receiver.url)
    ticket_id = make_ticket(session, company).id
    session.commit()
    change_all(session, [ticket_id])
    first, second = start_drain(), start_drain()
    wait_until(lambda: len(receiver.got) == 1, what="the first is in the air")
    wait_until(lambda: not (first.is_alive() and second.is_alive()), what="the idle drain ends")
    states = [each.state for each in session.scalars(select(Delivery).order_by(Delivery.id))]
    assert states == ["sending", "waiting", "waiting", "waiting"]
    session.rollback()
    assert len(receiver.got) == 1
    receiver.answers = [Answer()]
    receiver.ended.set()
    wait_until(lambda: len(receiver.got) == len(STATUSES), what="the others follow")
    for each in (first, second):
        each.join(60)
    session.expire_all()
    assert [each.state for each in session.scalars(select(Delivery))] == ["delivered"] * len(STATUSES)


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_row_that_another_worker_is_claiming_is_passed_over_and_not_waited_for(session, company, receiver):
    callout = make_callout(session, receiver.url).id
    tickets = [make_ticket(session, company).id for _ in range(4)]
    session.commit()
    for ticket_id in tickets:
        change_all(session, [ticket_id])
    stamp = int(clock.now().timestamp())
    options = {"now": stamp, "lease_seconds": 15}
    with writing(db.engine) as one:
        first = outbox.claim(one, callout, 2, "one", **options)
        with writing(db.engine) as other:
            second = outbox.claim(other, callout, 10, "other", **options)
    with writing(db.engine) as third:
        assert outbox.claim(third, callout, 10, "third", **options) == []
    assert (len(first), len(second)) == (2, 2)
    assert not {each.id for each in first} & {each.id for each in second}
    by_ticket = session.execute(select(Delivery.ticket_id).where(Delivery.state == "sending")).scalars()
    assert sorted(by_ticket) == tickets


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_result_that_comes_after_the_lease_was_taken_over_changes_nothing(session, company, receiver):
    callout = make_callout(session, receiver.url).id
    ticket_id = make_ticket(session, company).id
    session.commit()
    change_all(session, [ticket_id])
    now = clock.now()
    stamp = int(now.timestamp())
    with writing(db.engine) as one:
        (late,) = outbox.claim(one, callout, 5, "late", now=stamp, lease_seconds=-1)
    with writing(db.engine) as other:
        assert outbox.take_back(other, 5, now=now, policy=services().settings.policy) == []
        (again,) = outbox.claim(other, callout, 5, "quick", now=stamp, lease_seconds=15)
    assert (again.id, again.attempt) == (late.id, 2)
    with writing(db.engine) as one:
        assert outbox.settle(one, "late", [(late.id, outbox.Delivered(), {})], now) == set()
        outbox.renew(one, "late", [late.id], stamp + 1000)
    delivery = session.get(Delivery, late.id)
    assert (delivery.state, delivery.claim, delivery.due_at) == ("sending", "quick", stamp + 15)


def holding(released: threading.Event):
    """An answer of 200 that comes when it is released."""

    def act(connection: socket.socket) -> None:
        released.wait(60)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    return Answer(act=act)


def kinds() -> list[tuple[int, str]]:
    with reading(db.engine) as session:
        found = session.execute(select(Attempt.number, Attempt.error_kind).order_by(Attempt.id))
        return [tuple(each) for each in found]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_the_answer_to_an_earlier_claim_of_the_same_drain_changes_nothing(
    session, ticket, callout, receiver, start_drain
):
    """Another worker took the delivery back, and this one has claimed it anew while both requests are out."""
    first, second = threading.Event(), threading.Event()
    receiver.answers = [holding(first), holding(second)]
    edit_ticket(session(), Context(TECHNICIAN, clock.now(), "D"), ticket.id, {"status": 5}, {})
    session.commit()
    session.remove()
    running = start_drain()
    wait_until(lambda: len(receiver.got) == 1, what="the first request is in the air")
    with writing(db.engine) as other:
        other.execute(update(Delivery).values(due_at=0))
        outbox.take_back(other, 9, now=clock.now(), policy=services().settings.policy)
    wait_until(lambda: len(receiver.got) == 2, what="the second request is in the air")
    first.set()
    wait_until(lambda: running.is_alive() and kinds() == [(1, "lost")])
    second.set()
    running.join(30)
    assert kinds() == [(1, "lost"), (2, "")]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_drain_that_is_late_with_renewing_takes_nothing_back_from_itself(
    session, company, callout, receiver, start_drain
):
    """As after it was stopped for longer than a lease: it lives, and its answers count."""
    released = threading.Event()
    receiver.answers = [holding(released), Answer()]
    tickets = [make_ticket(session, company).id for _ in range(2)]
    for number, ticket_id in enumerate(tickets, 1):
        edit_ticket(session(), Context(TECHNICIAN, clock.now(), "D"), ticket_id, {"status": 5}, {})
        if number == 1:
            session.commit()
            running = start_drain()
            wait_until(lambda: receiver.got, what="the first request is in the air")
            with writing(db.engine) as other:
                other.execute(update(Delivery).values(due_at=1))
    session.commit()
    session.remove()
    wait_until(lambda: (1, "") in kinds(), what="it has looked, and sent the other")
    assert kinds() == [(1, "")]
    released.set()
    running.join(30)
    assert kinds() == [(1, ""), (1, "")]
