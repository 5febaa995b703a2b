"""The scenarios: situations that receivers get into, each a set of rules. And which of them are running.

One is over when it is stopped, its time is up, or its rules are used up.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from mock_rmm.journal import Match
from mock_rmm.rules.rule import Rule
from mock_rmm.rules.rules import Rules, Standing


@dataclass(frozen=True)
class Options:
    receiver: str = ""  # the one it is about; empty for all
    minutes: float | None = None
    seed: int | None = None
    password: str = field(default="", repr=False)

    def rule(self, name: str, fault: str, **settings: Any) -> Rule:
        match = Match(receiver=self.receiver) if self.receiver else Match()
        return Rule(name=name, fault=fault, match=match, **settings)


@dataclass(frozen=True)
class Scenario:
    name: str
    label: str
    about: str  # what a sender of callouts meets, and what it may learn from it
    rules: Callable[[Options], tuple[Rule, ...]]  # its rules; the first is asked first
    minutes: float | None = None
    """How long it usually lasts; None: until it is stopped, or its rules are used up."""
    wants_password: bool = False  # whether the receivers want another password while it runs


_ALL = (
    Scenario(
        "flaky", "Flaky receiver",
        "Three of ten requests get 503 and one of ten a reset connection, by chance. Each callout should arrive "
        "in the end, after some attempts.",
        lambda options: (
            options.rule("Flaky: unavailable", "status", status=503, rate=0.3),
            # Of the seven tenths that the first lets pass
            options.rule("Flaky: reset", "reset", rate=1 / 7),
        ),
    ),
    Scenario(
        "maintenance", "Maintenance window",
        "Every request gets 503 until the window ends, with the seconds that are left as Retry-After. "
        "A sender should come back when it is asked to, and not before.",
        lambda options: (options.rule("Maintenance", "maintenance"),), minutes=3.0,
    ),
    Scenario(
        "password-changed", "Password changed",
        "The receivers want another password and refuse the old one with 401. Type the new one into the callout "
        "and the next attempt succeeds; give none here and nobody knows it.",
        lambda _options: (), wants_password=True,  # the receivers refuse by themselves
    ),
    Scenario(
        "slow", "Slow receiver", "Every answer takes 2 to 8 seconds. It should hold up no callout of another receiver.",
        lambda options: (options.rule("Slow", "delay", seconds=2.0, most_seconds=8.0),),
    ),
    Scenario(
        "hanging", "Receiver that hangs",
        "It takes each request and never answers. A sender should give up waiting, and try again later.",
        lambda options: (options.rule("Hanging", "silence"),),
    ),
    Scenario(
        "rate-limited", "Rate limit reached",
        "Five requests are answered; from then on each gets 429 and Retry-After: 30, for a minute.",
        lambda options: (options.rule("Rate limit", "status", status=429, seconds=30.0, from_nth=6),), minutes=1.0,
    ),
    Scenario(
        "restarting", "Receiver that restarts",
        "The next two connections are reset, then three requests get 503, then it is up again: five attempts "
        "fail and the sixth succeeds.",
        lambda options: (
            options.rule("Restarting: crashed", "reset", times=2),
            options.rule("Restarting: starting up", "status", status=503, times=3),
        ),
    ),
    Scenario(
        "lost-answers", "Answers that get lost",
        "It does what each callout asks for, but its answer breaks off half-way. A sender has to send again, "
        "and a receiver has to know the webhook-id of what it did already.",
        lambda options: (options.rule("Lost answers", "truncated"),),
    ),
    Scenario(
        "hidden-faults", "Faults inside HTTP 200",
        "SOAP and XML-RPC callouts get a fault of their format in an answer with status 200. A sender that reads "
        "only the status takes them for delivered.",
        lambda options: (options.rule("Hidden faults", "fault", status=200),),
    ),
)  # fmt: skip
SCENARIOS = {scenario.name: scenario for scenario in _ALL}


@dataclass(frozen=True)
class Running:
    scenario: Scenario
    options: Options
    since: datetime
    until: datetime | None
    standing: tuple[Standing, ...] = ()  # what is left of its rules
    password: str = field(default="", repr=False)

    def is_over(self, now: datetime) -> bool:
        if self.until is not None and self.until <= now:
            return True
        return not self.standing and not self.scenario.wants_password


class Stage:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._lock = threading.Lock()
        self._started: dict[str, Running] = {}
        self.version = 0  # another number after each start and stop

    def start(self, scenario: Scenario, options: Options, now: datetime) -> Running:
        """Start it, from the beginning if it runs already."""
        minutes = scenario.minutes if options.minutes is None else options.minutes
        until = None if minutes is None else now + timedelta(minutes=minutes)
        with self._lock:
            self._end([scenario.name])
            # Of equals the newest rule is asked first
            for place, rule in reversed(list(enumerate(scenario.rules(options)))):
                # Two rules with one seed would not fall out independently
                seed = None if options.seed is None else options.seed + place
                self._rules.add(replace(rule, until=until, seed=seed, scenario=scenario.name))
            # Without a password of one's own nobody knows it
            password = options.password or secrets.token_urlsafe()
            running = Running(scenario, options, now, until, self._standing(scenario, now))
            running = replace(running, password=password) if scenario.wants_password else running
            self._started[scenario.name] = running
            return running

    def stop(self, name: str) -> bool:
        with self._lock:
            return self._end([name])

    def stop_all(self) -> None:
        with self._lock:
            self._end(list(self._started))

    def running(self, now: datetime) -> list[Running]:
        """Those that are running, the one started last first."""
        with self._lock:
            current = [
                replace(each, standing=self._standing(each.scenario, now)) for each in self._started.values()
            ]
            self._end([each.scenario.name for each in current if each.is_over(now)])
            left = [each for each in current if not each.is_over(now)]
            return sorted(left, key=lambda each: each.since, reverse=True)

    def password_of(self, receiver: str, now: datetime) -> str | None:
        """The password that a scenario makes this receiver want, if any does."""
        running = self.running(now) if self._started else []
        wanted = (each.password for each in running if each.options.receiver in {"", receiver})
        return next(filter(None, wanted), None)

    def _standing(self, scenario: Scenario, now: datetime) -> tuple[Standing, ...]:
        return tuple(each for each in self._rules.all(now) if each.rule.scenario == scenario.name)

    def _end(self, names: list[str]) -> bool:
        """The caller holds the lock."""
        ended = [self._started.pop(name, None) for name in names]
        if names:
            self._rules.remove(lambda rule: rule.scenario in names)
            self.version += 1
        return any(ended)
