"""A mock RMM inside another program, such as a test: on a free port, with a memory of its own, gone at the end."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Self

from msgspec import to_builtins

from mock_rmm.alerts import Alert, new_alert
from mock_rmm.api.answers import fault_answer
from mock_rmm.api.inputs import WantedAlert, WantedFault
from mock_rmm.api.reading import Problems, read
from mock_rmm.app import create_app
from mock_rmm.callout import FIELDS
from mock_rmm.gateway import Trouble
from mock_rmm.journal import Entry, Match
from mock_rmm.journal.match import PARTS
from mock_rmm.journal.waiting import Miss, every, wait_for, wait_for_order
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.rules.rules import Rules
from mock_rmm.settings import Settings
from mock_rmm.thread_server import ThreadServer
from mock_rmm.trip import raise_alert

WAIT = 10.0


def _sentence(problems: Problems) -> str:
    return " ".join(f"{name}: {problem}" for name, problem in problems.items())


class NotReceived(AssertionError):  # noqa: N818 (a test that fails, not an error in it)
    """What was expected, what came nearest, and how that differs."""


def explain(sentence: str, expected: Match, misses: Iterable[Miss]) -> str:
    lines = [sentence, f"Expected was {expected.words}.", *(["The nearest:"] if misses else [])]
    for miss in misses:
        lines.append(entry_line(miss.entry))
        lines += [f"  {difference.sentence}" for difference in miss.differences]
        lines += [f"  {finding.sentence}" for finding in miss.entry.findings if finding.severity == "problem"]
    return "\n".join(lines)


def entry_line(entry: Entry) -> str:
    """One request in one line, without its payload."""
    values = ", ".join(f"{name}={entry.fields[name]!r}" for name in FIELDS if name in entry.fields)
    answer = "no answer yet" if entry.answer_status is None else f"answered {entry.answer_status}"
    said = values or entry.problem or "no values"
    return f"Request {entry.id} to {entry.receiver or entry.endpoint}, {answer}: {said}"


class AlertHandle:
    def __init__(self, rmm: Rmm) -> None:
        self._rmm = rmm

    def raise_(
        self, device: str = "SRV1", message: str = "Disk is full", door: str = "name-value-post"
    ) -> Alert:
        """Raise an alert, as a ticket of the portal if the settings name one of its API users.

        Otherwise only the mock knows it, and a callout with its id in `udf` clears it.
        """
        wanted = read(WantedAlert, {"device": device, "message": message, "door": door})
        if not isinstance(wanted, WantedAlert):
            raise ValueError(_sentence(wanted))  # noqa: TRY004 (the values are wrong, their types aren't)
        now = datetime.now(UTC)
        if not self._rmm.settings.portal_api_username:
            alert = new_alert(wanted.device, wanted.message, wanted.door, now)
            self._rmm.alerts.add(alert)
            return alert
        outcome = raise_alert(self._rmm, wanted.device, wanted.message, wanted.door, now=now)
        if isinstance(outcome, Trouble):
            raise RuntimeError(outcome.sentence)  # noqa: TRY004 (no type is wrong)
        return outcome

    def get(self, alert_id: str) -> Alert:
        if (alert := self._rmm.alerts.get(alert_id)) is None:
            raise LookupError(f"There is no alert {alert_id}.")
        return alert

    def all(self) -> list[Alert]:
        return self._rmm.alerts.newest_first()


class FaultHandle:
    """Switches faults on and off as the JSON API does."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def put(self, fault: str, **options: Any) -> None:
        """Switch one on, such as "status" with `status=503, seconds=30, times=2, door="soap"`."""
        wanted = read(WantedFault, {"fault": fault, **options})
        if isinstance(wanted, dict):
            raise ValueError(_sentence(wanted))  # noqa: TRY004 (the values are wrong, their types aren't)
        self._rules.add(wanted.rule())

    def clear(self) -> None:
        self._rules.remove(lambda rule: bool(rule.place))

    def all(self) -> list[dict[str, Any]]:
        standing = [each for each in self._rules.all(datetime.now(UTC)) if each.rule.place]
        return [to_builtins(fault_answer(each.rule, each.left)) for each in standing]


class MockRmm:
    """Start it with `with`. Its receivers take `auth`; its pages are at `base_url`, for a look while debugging."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        app = create_app(self.settings)
        self.rmm: Rmm = app.extensions[EXTENSION]
        self.alerts = AlertHandle(self.rmm)
        self.faults = FaultHandle(self.rmm.rules)
        self._server = ThreadServer(app)
        self.base_url = self._server.url
        self._is_over = self.rmm.stopping.is_set

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.rmm.stop()
        self._server.stop()
        self.rmm.journal.close()

    def url(self, receiver: str) -> str:
        """The address of a receiver; the built-in ones are named like their endpoints."""
        if (found := self.rmm.receivers.get(receiver)) is not None:
            return self.base_url + found.path
        known = ", ".join(each.name for each in self.rmm.receivers.all())
        raise ValueError(f"There is no receiver {receiver!r}. There are {known}.")

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
        outcome = wait_for(self.rmm.journal, match, count=count, timeout=timeout, given_up=self._is_over)
        if not outcome.met:
            raise NotReceived(explain(outcome.sentence, match, outcome.misses))
        return list(outcome.found)

    def wait_for_sequence(self, *steps: dict[str, Any], timeout: float = WAIT) -> list[Entry]:
        """Wait until requests have come in this order, and return them; each step is given as to `wait_for`."""
        __tracebackhide__ = True
        matches = [match_of(step) for step in steps]
        order, misses = wait_for_order(self.rmm.journal, matches, timeout=timeout, given_up=self._is_over)
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
        known = f"Fields are {', '.join(FIELDS)}; the rest is {', '.join(PARTS)}."
        raise TypeError(f"{_sentence(match)} {known}")
    return match
