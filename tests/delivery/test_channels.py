"""A channel that knows no e-mail: it has its own recipients, its own words and its own way out."""

import json

import pytest
from sqlalchemy import select, true

from portal.db.engine import db
from portal.db.services import services
from portal.models import Message, TicketNote
from portal.notify import messages
from portal.notify.channels import CHANNELS
from portal.notify.channels.channel import Content, NotSent
from portal.notify.notices import DeliveryEnded
from tests.conftest import BOTH
from tests.delivery.test_drain import change


class Board:
    """Writes JSON to one wall; it is at the wall only once it has been plugged in."""

    name = "board"

    def __init__(self) -> None:
        self.plugged_in = False
        self.trouble: NotSent | None = None
        self.shown: list[tuple[str, dict]] = []

    def has_recipients(self):
        return true()

    def recipients(self, session, callout_ids):
        return {each: ["wall 1"] for each in callout_ids}

    def write(self, notice):
        delivered = isinstance(notice, DeliveryEnded) and notice.delivered
        return Content("A callout", json.dumps({"callout": notice.callout, "delivered": delivered}))

    def transport(self, settings):
        return self if self.plugged_in else None

    def send(self, message):
        if self.trouble is None:
            self.shown.append((message.to_address, json.loads(message.body)))
        return self.trouble

    def close(self):
        pass


@pytest.fixture
def board(monkeypatch) -> Board:
    board = Board()
    monkeypatch.setitem(CHANNELS, "board", board)
    return board


@pytest.fixture
def message_of(session):
    """Read the only message there is."""

    def read() -> Message:
        session.expire_all()
        return session.scalars(select(Message)).one()

    return read


def send(session) -> int:
    session.commit()
    return messages.send_due(db.engine, services().settings, lambda: False)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_channel_without_email_tells_its_own_recipients_and_the_ticket(
    session, ticket, callout, receiver, drain, board, message_of
):
    board.plugged_in = True
    change(session, ticket, 5)
    drain()
    assert (message_of().channel, message_of().to_address, message_of().state) == (
        "board",
        "wall 1",
        "waiting",
    )
    assert session.scalars(select(TicketNote)).one().title == "Extension callout delivered"
    assert send(session) == 1
    assert board.shown == [("wall 1", {"callout": callout.name, "delivered": True})]
    assert message_of().state == "sent"


def test_what_a_channel_can_not_send_is_kept_then_tried_again_then_fails(
    session, ticket, callout, receiver, drain, board, message_of, moved_clock
):
    change(session, ticket, 5)
    drain()
    assert message_of().state == "kept"
    board.plugged_in = True
    board.trouble = NotSent("The wall is wet.")
    messages.send_again(session(), message_of().id, moved_clock.now())
    assert send(session) == 0
    assert (message_of().state, message_of().error) == ("waiting", "The wall is wet.")
    board.trouble = NotSent("There is no wall.", final=True)
    moved_clock.forward(61)
    assert send(session) == 0
    assert (message_of().state, message_of().error) == ("failed", "There is no wall.")
