"""A mock RMM inside another program, such as a test: on a free port, with a memory of its own, gone at the end."""

from types import TracebackType
from typing import Any, Self

from mock_rmm.api.reading import read
from mock_rmm.app import create_app
from mock_rmm.callout import FIELDS
from mock_rmm.expected import NotReceived, explain
from mock_rmm.handles import AlertHandle, FaultHandle
from mock_rmm.journal import Entry, Match
from mock_rmm.journal.following import every
from mock_rmm.journal.match import PARTS
from mock_rmm.journal.waiting import wait_for, wait_for_order
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings
from mock_rmm.thread_server import ThreadServer

WAIT = 10.0


class MockRmm:
    """Start it with `with`. Its receivers take `auth`; its pages are at `base_url`, for a look while debugging."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        app = create_app(self.settings)
        self.rmm: Rmm = app.extensions[EXTENSION]
        self.alerts = AlertHandle(self.rmm)
        self.faults = FaultHandle(app)
        self._server = ThreadServer(app)
        self.base_url = self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.rmm.stop()
        self._server.stop()
        self.rmm.journal.close()

    def url(self, receiver: str) -> str:
        """The address of a receiver; the built-in ones are named like their endpoints."""
        found = self.rmm.receivers.get(receiver)
        if found is None:
            known = ", ".join(each.name for each in self.rmm.receivers.all())
            raise ValueError(f"There is no receiver {receiver!r}. There are {known}.")
        return self.base_url + found.path

    @property
    def auth(self) -> tuple[str, str]:
        """The user name and password that its receivers require now."""
        current = self.rmm.credentials.current
        return current.username, current.password

    @property
    def requests(self) -> list[Entry]:
        """What was received, oldest first."""
        return list(every(self.rmm.journal))

    def wait_for(self, count: int = 1, *, timeout: float = WAIT, **expected: Any) -> list[Entry]:
        """Wait until so many requests have come, and return them; else fail and show what came nearest.

        What is expected of them: the callout's fields by name, and what a match of the API knows besides.
        """
        __tracebackhide__ = True
        match = match_of(expected)
        outcome = wait_for(
            self.rmm.journal, match, count=count, timeout=timeout, given_up=self.rmm.stopping.is_set
        )
        if not outcome.met:
            raise NotReceived(explain(outcome.sentence, match, outcome.misses))
        return list(outcome.found)

    def wait_for_sequence(self, *steps: dict[str, Any], timeout: float = WAIT) -> list[Entry]:
        """Wait until requests have come in this order, and return them; each step is given as to `wait_for`."""
        __tracebackhide__ = True
        matches = [match_of(step) for step in steps]
        order, misses = wait_for_order(
            self.rmm.journal, matches, timeout=timeout, given_up=self.rmm.stopping.is_set
        )
        if not order.met:
            raise NotReceived(explain(order.sentence, matches[len(order.found)], misses))
        return list(order.found)

    def find(self, **expected: Any) -> list[Entry]:
        """The requests that are as expected, at once."""
        match = match_of(expected)
        return [entry for entry in every(self.rmm.journal) if match.fits(entry)]

    def reset(self) -> None:
        """Forget what was received, and answer as usual: without rules, and with no scenario running."""
        self.rmm.journal.clear()
        self.rmm.answer_as_usual()


def match_of(expected: dict[str, Any]) -> Match:
    """A match as a test writes it: the fields of the callout beside all else."""
    given = {name: value for name, value in expected.items() if name not in FIELDS}
    fields = {name: value for name, value in expected.items() if name in FIELDS}
    if fields:
        given["fields"] = {**given.get("fields", {}), **fields}
    match = read(Match, given)
    if isinstance(match, dict):
        wrong = " ".join(f"{part}: {problem}" for part, problem in match.items())
        raise TypeError(f"{wrong} Fields are {', '.join(FIELDS)}; the rest is {', '.join(PARTS)}.")
    return match
