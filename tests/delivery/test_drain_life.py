"""A drain's own life: what ends it, who relieves it, and that one bad delivery costs no other."""

import json
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.callouts.formats import FORMATS
from portal.db import doorbell
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import drain as module
from portal.delivery import due, outbox
from portal.models import Callout, Delivery
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change, deliveries, only_delivery
from tests.receiver import Answer, listening
from tests.servers import wait_until

BROKEN = {
    "a URL that is none": {"url": "http://[::1"},
    "a URL with a password in it": {"url": "http://user:secret@127.0.0.1/"},
    "a URL with a space": {"url": "http://127.0.0.1/a b"},
    "a format that is not known": {"data_format": "carrier pigeon"},
    "a header that can't be sent": {"data_format": "soap", "method_name": "Do", "soap_action": "urn:\u65b9"},
    "a header that would be two": {"data_format": "soap", "method_name": "Do", "soap_action": "a\r\nb: c"},
    "a password that is none": {"password_encrypted": "gAAAAAB\u00e9"},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_callout_that_cannot_be_sent_fails_in_words_and_delays_nobody(
    session, ticket, receiver, drain, kind
):
    broken = make_callout(session, **{"url": receiver.url} | BROKEN[kind])
    make_callout(session, receiver.url)
    change(session, ticket, 5)
    drain()
    states = {each.callout_id == broken.id: each for each in deliveries(session)}
    assert (states[True].state, states[False].state) == ("failed", "delivered")
    (attempt,) = states[True].attempts
    assert attempt.error_kind == "request"
    assert attempt.error.endswith(".")
    assert "secret" not in attempt.error
    assert len(receiver.got) == 1


def test_values_that_are_damaged_fail_in_words_and_delay_nobody(session, company, callout, receiver, drain):
    for _ in range(2):
        change(session, make_ticket(session, company), 5)
    first, second = deliveries(session)
    session.execute(update(Delivery).filter_by(id=first.id).values(fields="{"))
    drain()
    session.expire_all()
    assert (first.state, second.state) == ("failed", "delivered")


@pytest.mark.parametrize("method", ["encode", "read"])
def test_a_bug_in_a_format_costs_its_own_attempts_and_nobody_elses(
    session, ticket, receiver, drain, monkeypatch, method
):
    def bug(*_args):
        raise RuntimeError("a bug")

    make_callout(session, receiver.url)
    buggy = make_callout(session, receiver.url, data_format="xml_rpc", method_name="do")
    monkeypatch.setattr(FORMATS["xml_rpc"], method, bug, raising=False)
    change(session, ticket, 5)
    assert drain() == 2
    states = {each.callout_id == buggy.id: each for each in deliveries(session)}
    assert states[False].state == "delivered"
    assert states[True].state == "waiting", "it is tried again"
    assert "log" in states[True].attempts[0].error


def test_a_callout_that_becomes_inactive_at_the_last_moment_is_not_sent(
    session, ticket, callout, receiver, drain, monkeypatch
):
    change(session, ticket, 5)
    callout_id, real = callout.id, due.due_callouts

    def due_callouts(*args):
        found = real(*args)
        with db.engine.begin() as connection:
            connection.execute(update(Callout).where(Callout.id == callout_id).values(active=False))
        return found

    monkeypatch.setattr(due, "due_callouts", due_callouts)
    assert drain() == 0
    assert (only_delivery(session).state, only_delivery(session).attempt_count) == ("waiting", 0)
    assert receiver.got == []


def test_a_cancelled_delivery_lets_the_next_one_of_its_ticket_go(session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(503), Answer()]
    for status in (8, 5):
        change(session, ticket, status)
    drain()
    first, second = deliveries(session)
    bell = services().doorbell
    bell.redis.flushall()
    outbox.cancel(session(), first.id, "Ada", clock.now())
    session.commit()
    assert bell.queue.count == 1, "nobody was told that there is work"
    assert drain() == 1
    session.expire_all()
    assert (first.state, second.state) == ("cancelled", "delivered")


def test_what_waits_for_an_earlier_delivery_goes_out_in_the_drain_that_ends_it(
    session, ticket, callout, receiver, drain
):
    for status in (8, 9, 10, 5):
        change(session, ticket, status)
    assert drain() == 4
    assert {each.state for each in deliveries(session)} == {"delivered"}


def test_a_drain_that_can_do_nothing_ends_and_rings_for_the_resend(session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(503)]
    for status in (8, 5):
        change(session, ticket, status)
    drain()
    services().doorbell.redis.flushall()
    assert drain() == 0
    scheduled = services().doorbell.queue.scheduled_job_registry
    due = [scheduled.get_scheduled_time(each).timestamp() for each in scheduled.get_job_ids()]
    assert due == [deliveries(session)[0].due_at]
    assert services().doorbell.queue.count == 0


def test_a_drain_that_nobody_relieves_goes_on_with_new_work_beside_a_slow_receiver(
    session, company, receiver, drain_beside, monkeypatch
):
    monkeypatch.setattr(module, "_OFFER_AFTER", 0.05)
    monkeypatch.setattr(doorbell, "_FLAG_SECONDS", 1)
    bell = services().doorbell
    receiver.answers = [Answer(delay=30)]
    with listening() as quick:
        make_callout(session, receiver.url)
        change(session, make_ticket(session, company), 5)
        running = drain_beside()
        wait_until(lambda: receiver.got, what="the slow receiver is asked")
        wait_until(
            lambda: bell.redis.get("portal:bell") not in {None, b"1"}, what="the drain offers its place"
        )
        # longer than the flag lasts by itself: nobody has answered, and so nobody has come
        wait_until(lambda: bell.redis.incr("test:waited") > 150, what="the flag's time passes")
        session.rollback()
        make_callout(session, quick.url)
        change(session, make_ticket(session, company), 5)
        wait_until(lambda: quick.got, what="the quick receiver is told")
        assert running.is_alive()
        receiver.ended.set()
        running.join(60)


def test_a_drain_that_is_relieved_only_finishes_what_is_in_the_air(
    session, company, receiver, drain_beside, drain, monkeypatch
):
    monkeypatch.setattr(module, "_OFFER_AFTER", 0.05)
    bell = services().doorbell
    receiver.answers = [Answer(delay=30), Answer()]
    make_callout(session, receiver.url)
    change(session, make_ticket(session, company), 5)
    running = drain_beside()
    wait_until(lambda: bell.redis.get("portal:bell") not in {None, b"1"}, what="the drain offers its place")
    assert bell.answer()
    change(session, make_ticket(session, company), 5)
    receiver.ended.set()
    running.join(60)
    assert not running.is_alive()
    assert [each.state for each in deliveries(session)] == ["delivered", "waiting"]
    assert drain() == 1


def test_a_drain_that_is_full_asks_others_to_join_in_and_does_not_flood_the_queue(
    session, company, callout, receiver, drain, app, environ
):
    receiver.answers = [Answer(delay=0.01)]
    for _ in range(60):
        change(session, make_ticket(session, company), 5)
    bell = services().doorbell
    bell.redis.flushall()
    with_few_threads(app, drain)
    assert session.scalar(select(func.count(Delivery.id)).filter_by(state="delivered")) == 60
    assert 1 <= bell.queue.count <= 10


def with_few_threads(app, drain) -> None:
    given = services()
    app.extensions["portal"] = replace(given, settings=replace(given.settings, senders=2))
    drain()


def test_the_seven_values_are_read_back_as_they_were_written(session, ticket, callout, receiver, drain):
    change(session, ticket, 5)
    values = json.loads(only_delivery(session).fields)
    drain()
    assert dict(parse_qsl(receiver.got[0].body.decode(), keep_blank_values=True)) == values
