"""Threads send what is held, and nothing that is held no longer."""

import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal import clock
from portal.core.verdicts import ErrorKind, Policy, Refused
from portal.db.services import services
from portal.delivery import outbox
from portal.delivery.prepared import prepare, terms_of
from portal.delivery.senders import Senders, Sent, Unsent
from portal.http.client import Client, Limits
from portal.models import Callout, Delivery
from tests.conftest import BOTH
from tests.delivery.test_drain import change
from tests.receiver import Answer, reset
from tests.servers import wait_until


@pytest.fixture
def prepared(session, ticket, callout):
    change(session, ticket, 5)
    moment = clock.now()
    (claimed,) = outbox.claim(
        session(), callout.id, 1, "token", now=int(moment.timestamp()), lease_seconds=15
    )
    session.commit()
    terms = terms_of(session.get(Callout, callout.id), Policy(), services().credentials)
    written = prepare(claimed, terms, moment)
    assert session.scalar(select(Delivery.state)) == "sending"
    session.commit()
    return written


@pytest.fixture
def senders(app):
    settings = services().settings
    client = Client(Limits(settings.connect_timeout, settings.send_timeout, settings.allowed), 2)
    each = Senders(client, 2)
    yield each
    each.close(wait=True)
    client.close()


def test_a_request_whose_lease_has_ended_comes_back_unsent(prepared, senders, receiver):
    """As in a process that was stopped for longer than its leases: others have sent it since."""
    senders.hold(time.monotonic() - 1)
    senders.add(1, [prepared], 2)
    assert senders.results(30, enough=1) == [Unsent(prepared)]
    assert receiver.got == []


def test_a_request_whose_lease_was_renewed_is_sent(prepared, senders, receiver):
    senders.hold(time.monotonic() - 1)
    senders.hold(time.monotonic() + 600)
    senders.add(1, [prepared], 2)
    (sent,) = senders.results(30, enough=1)
    assert isinstance(sent, Sent)
    assert sent.prepared is prepared
    assert len(receiver.got) == 1


def several(prepared, count: int):
    """Requests of one line; only their ids differ."""
    return [replace(prepared, claimed=replace(prepared.claimed, id=number)) for number in range(1, count + 1)]


def all_results(senders: Senders, count: int) -> list[Sent | Unsent]:
    found: list[Sent | Unsent] = []
    wait_until(lambda: found.extend(senders.results(0.1, enough=count)) or len(found) >= count, 30, "results")
    return found


def test_a_line_is_sent_whole_and_in_order_by_one_thread(prepared, senders, receiver):
    senders.add(1, several(prepared, 20), 1)
    found = all_results(senders, 20)
    assert [each.prepared.claimed.id for each in found] == list(range(1, 21))
    assert len(receiver.got) == 20


def test_when_a_receiver_falls_silent_what_is_still_in_its_line_comes_back_unsent(
    prepared, senders, receiver
):
    receiver.answers = [Answer(), Answer(act=reset)]
    senders.add(1, several(prepared, 6), 1)
    found = all_results(senders, 6)
    sent = sorted(each.prepared.claimed.id for each in found if isinstance(each, Sent))
    assert sent == [1, 2]
    assert len(receiver.got) == 2
    # the line is not closed for good: the receiver's next request is tried
    receiver.answers = [Answer()]
    senders.add(1, several(prepared, 1), 1)
    (again,) = all_results(senders, 1)
    assert isinstance(again, Sent)


def test_one_silent_receiver_brings_back_nobody_elses_requests(prepared, senders, receiver):
    receiver.answers = [Answer(act=reset)]
    senders.add(1, several(prepared, 1), 1)
    assert isinstance(all_results(senders, 1)[0], Sent)
    receiver.answers = [Answer()]
    senders.add(2, several(prepared, 5), 1)
    assert all(isinstance(each, Sent) for each in all_results(senders, 5))


def test_what_no_thread_has_taken_up_can_be_recalled(prepared, senders, receiver):
    receiver.answers = [Answer(delay=600)]
    senders.add(1, several(prepared, 5), 1)
    wait_until(lambda: receiver.got, 30, "the first is in the air")
    senders.recall(2)
    assert senders.results(0.05, enough=1) == []
    senders.recall(1)
    found = all_results(senders, 4)
    assert all(isinstance(each, Unsent) for each in found)
    receiver.ended.set()
    assert isinstance(all_results(senders, 1)[0], Sent)


def test_a_refused_letter_is_told_at_once_and_never_sent(prepared, senders, receiver):
    refused = replace(prepared, refused=Refused(ErrorKind.REQUEST, "No."))
    senders.add(1, [refused], 1)
    (sent,) = all_results(senders, 1)
    assert sent.outcome == refused.refused
    assert receiver.got == []


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_what_is_put_back_was_never_tried_and_is_due_at_once(prepared, session):
    moment = clock.now()
    outbox.put_back(session(), "another token", [prepared.claimed.id], now=moment)
    assert session.scalar(select(Delivery.state)) == "sending", "somebody else's claim is not ours to undo"
    outbox.put_back(session(), "token", [prepared.claimed.id], now=moment)
    session.commit()
    delivery = session.scalars(select(Delivery)).one()
    assert (delivery.state, delivery.attempt_count, delivery.claim) == ("waiting", 0, None)
    assert delivery.due_at == int(moment.timestamp())
    assert delivery.attempts == []
