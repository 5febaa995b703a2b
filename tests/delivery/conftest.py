"""Callouts with a real receiver, and the drain run in this process."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from portal import clock
from portal.delivery.drain import Drain
from portal.delivery.fairness import Lanes
from portal.delivery.http import Client, Limits
from portal.extensions import db
from portal.models import Callout, Rule, RuleAction, RuleCondition, RuleEvent
from portal.services import services
from tests.receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as each:
        yield each


def make_callout(session: scoped_session, url: str, **values: object) -> Callout:
    """A callout with the recommended rule (completing a ticket fires it)."""
    count = session.query(Callout).count()
    callout = Callout(**{"name": f"Acme RMM {count}", "url": url, "data_format": "name_value"} | values)
    session.add(callout)
    session.flush()
    session.add(
        Rule(
            name=f"Tell {callout.name}",
            created_at=clock.now(),
            events=[RuleEvent(kind="edited")],
            conditions=[RuleCondition(field="status", operator="changed", operands=[])],
            actions=[RuleAction(kind="execute_callout", callout_id=callout.id)],
        )
    )
    session.commit()
    return callout


@pytest.fixture
def callout(session: scoped_session, receiver: Receiver) -> Callout:
    return make_callout(session, receiver.url)


class Clock:
    """The wall clock of the portal, moved by hand."""

    def __init__(self) -> None:
        self.offset = timedelta()
        self._now = clock.now

    def now(self):
        return self._now() + self.offset

    def forward(self, seconds: float) -> None:
        self.offset += timedelta(seconds=seconds)


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    each = Clock()
    monkeypatch.setattr(clock, "now", each.now)
    return each


@pytest.fixture
def drain(app: Flask) -> Iterator[Callable[[], int]]:
    """Run one drain to its end, as a worker does; gives how many attempts it recorded."""
    settings = services().settings
    client = Client(
        Limits(settings.connect_timeout, settings.send_timeout, settings.allowed), settings.senders
    )

    lanes = Lanes(settings.senders)

    def run() -> int:
        db.session.commit()  # a test's own transaction would hold SQLite's write lock
        return Drain(db.engine, services(), client, lanes, lambda: False).run()

    yield run
    client.close()
