"""Which scenarios are running: the only code that starts and stops them.

One is over when it is stopped, its time is up, or its rules are used up.
"""

import secrets
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from mock_rmm.rules.rules import Rules, Standing
from mock_rmm.rules.scenarios import Options, Scenario


@dataclass(frozen=True)
class Running:
    scenario: Scenario
    options: Options
    since: datetime
    until: datetime | None
    standing: tuple[Standing, ...] = ()
    """What is left of its rules."""
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
        self._version = 0

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
            running = Running(
                scenario,
                options,
                now,
                until,
                self._standing(scenario, now),
                # Without one nobody knows it
                (options.password or secrets.token_urlsafe()) if scenario.wants_password else "",
            )
            self._started[scenario.name] = running
            return running

    def stop(self, name: str) -> bool:
        """Stop it; say whether it was there to stop."""
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
            return sorted(
                (each for each in current if not each.is_over(now)), key=lambda each: each.since, reverse=True
            )

    def password_of(self, receiver: str, now: datetime) -> str | None:
        """The password that a scenario makes this receiver want, if any does."""
        if not self._started:
            return None
        for each in self.running(now):
            if each.password and each.options.receiver in {"", receiver}:
                return each.password
        return None

    @property
    def version(self) -> int:
        """Another number after each start and stop."""
        return self._version

    def _standing(self, scenario: Scenario, now: datetime) -> tuple[Standing, ...]:
        return tuple(each for each in self._rules.all(now) if each.rule.scenario == scenario.name)

    def _end(self, names: list[str]) -> bool:
        """The caller holds the lock."""
        ended = [self._started.pop(name, None) for name in names]
        if names:
            self._rules.remove(lambda rule: rule.scenario in names)
            self._version += 1
        return any(ended)
