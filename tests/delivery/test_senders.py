"""Threads send what is held, and nothing that is held no longer."""

import time

import pytest
from sqlalchemy import select

from portal import clock
from portal.delivery import letters, outbox
from portal.delivery.http import Client, Limits
from portal.delivery.senders import Senders, Sent, Unsent
from portal.models import Callout, Delivery
from portal.services import services
from tests.delivery.test_drain import change


@pytest.fixture
def letter(session, ticket, callout):
    change(session, ticket, 5)
    moment = clock.now()
    (claimed,) = outbox.claim(
        session(), callout.id, 1, "token", now=int(moment.timestamp()), lease_seconds=15
    )
    session.commit()
    written = letters.write(claimed, session.get(Callout, callout.id), services().credentials, moment)
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


def test_a_letter_whose_lease_has_ended_comes_back_unsent(letter, senders, receiver):
    """As in a process that was stopped for longer than its leases: others have sent it since."""
    senders.hold(time.monotonic() - 1)
    senders.add(1, [letter], 2)
    assert senders.results(30, enough=1) == [Unsent(letter)]
    assert receiver.got == []


def test_a_letter_whose_lease_was_renewed_is_sent(letter, senders, receiver):
    senders.hold(time.monotonic() - 1)
    senders.hold(time.monotonic() + 600)
    senders.add(1, [letter], 2)
    (sent,) = senders.results(30, enough=1)
    assert isinstance(sent, Sent)
    assert sent.letter is letter
    assert len(receiver.got) == 1
