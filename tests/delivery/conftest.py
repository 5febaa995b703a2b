"""Callouts with a real receiver, and the drain run in this process."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import scoped_session

from portal import clock, jobs
from portal.db.engine import db
from portal.db.services import Services, services
from portal.delivery.clock_jumps import ClockJumps
from portal.delivery.concurrency import Windows
from portal.delivery.drain import Drain
from portal.http.client import Client, Limits
from portal.models import Callout, Rule, RuleAction, RuleCondition, RuleEvent
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
    """The clocks of the portal, moved by hand: time passes, or the wall clock alone is set."""

    def __init__(self) -> None:
        self.offset, self.passed = timedelta(), 0.0
        self._now, self._steady = clock.now, clock.steady

    def now(self):
        return self._now() + self.offset

    def steady(self) -> float:
        return self._steady() + self.passed

    def forward(self, seconds: float) -> None:
        self.set(seconds)
        self.passed += seconds

    def set(self, seconds: float) -> None:
        """Set the wall clock forward, or back: no time passes."""
        self.offset += timedelta(seconds=seconds)


@pytest.fixture
def moved_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    each = Clock()
    monkeypatch.setattr(clock, "now", each.now)
    monkeypatch.setattr(clock, "steady", each.steady)
    return each


@pytest.fixture
def drain(app: Flask) -> Iterator[Callable[[], int]]:
    """Run one drain to its end, as a worker does; gives how many attempts it recorded."""
    settings, engine = services().settings, db.engine
    client = Client(
        Limits(settings.connect_timeout, settings.send_timeout, settings.allowed), settings.senders
    )
    windows: dict[int, Windows] = {}

    def run() -> int:
        db.session.commit()  # a test's own transaction would hold SQLite's write lock
        given: Services = app.extensions["portal"]
        mine = windows.setdefault(given.settings.senders, Windows(given.settings.senders))
        return Drain(engine, given, client, mine, lambda: False).run()

    yield run
    client.close()


@pytest.fixture
def drain_beside(app: Flask, drain: Callable[[], int]) -> Iterator[Callable[[], threading.Thread]]:
    """Start a drain beside the test; what goes wrong in it is told at the test's end."""
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with app.app_context():
                drain()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    def start() -> threading.Thread:
        db.session.commit()
        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert failures == []


@pytest.fixture
def start_drain(app: Flask) -> Iterator[Callable[..., threading.Thread]]:
    """Start a drain in a thread, as a worker of its own: its own client, windows and token."""
    settings, engine, given = services().settings, db.engine, services()
    limits = Limits(settings.connect_timeout, settings.send_timeout, settings.allowed)
    clients: list[Client] = []
    threads: list[threading.Thread] = []
    failures: list[BaseException] = []

    def run(client: Client, windows: Windows, clocks: ClockJumps | None) -> None:
        try:
            Drain(engine, given, client, windows, lambda: False, clocks).run()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    def start(clocks: ClockJumps | None = None) -> threading.Thread:
        clients.append(Client(limits, settings.senders))
        thread = threading.Thread(target=run, args=(clients[-1], Windows(settings.senders), clocks))
        threads.append(thread)
        thread.start()
        return thread

    yield start
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    for client in clients:
        client.close()
    assert failures == []


def sweep() -> None:
    """Sweep as ``worker.py`` does, which writes now and then: a test's own transaction would be in its way."""
    db.session.commit()
    jobs.sweep()
