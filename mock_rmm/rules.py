"""Which rules there are, and which of them befalls a request: the only code that counts their turns.

A request goes through the rules in their order, the lowest priority first and the newest of equals, until one
befalls it: one that fits, whose turn it is, and whom chance does not let pass.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from mock_rmm.doors import Door
from mock_rmm.faults import FAULTS, Rule
from mock_rmm.journal import Entry


@dataclass(frozen=True)
class Befalling:
    rule: Rule
    chance: Random


@dataclass(frozen=True)
class Standing:
    """A rule, and how far it has come."""

    rule: Rule
    seen: int = 0
    """How many requests it fitted."""
    befallen: int = 0

    @property
    def left(self) -> int | None:
        """How many more it may befall; None for no end."""
        return None if self.rule.times is None else self.rule.times - self.befallen


@dataclass
class _Kept:
    standing: Standing
    chance: Random = field(default_factory=Random)

    def is_over(self, now: datetime) -> bool:
        rule = self.standing.rule
        return self.standing.left == 0 or (rule.until is not None and rule.until <= now)

    def meet(self) -> bool:
        """Count a request that the rule fits; say whether it befalls it."""
        rule, seen = self.standing.rule, self.standing.seen + 1
        its_turn = seen >= rule.from_nth and (seen - rule.from_nth) % rule.every == 0
        # Chance is asked for each turn, or a seed would give another order with another rule
        befalls = its_turn and self.chance.random() < rule.rate
        self.standing = replace(
            self.standing, seen=seen, befallen=self.standing.befallen + (1 if befalls else 0)
        )
        return befalls


class Rules:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []
        """In the order in which they are asked."""
        self._last_id = 0
        self._version = 0

    def add(self, rule: Rule) -> Rule:
        """Keep it; say it with its id. One with a place takes that of the earlier rule there."""
        with self._lock:
            if rule.place:
                self._remove(lambda other: other.place == rule.place)
            self._last_id += 1
            named = replace(rule, id=self._last_id)
            self._keep(named)
            return named

    def change(self, rule_id: int, rule: Rule) -> Rule | None:
        """Put it in the place of that rule, whose scenario it stays a part of, and count anew."""
        with self._lock:
            earlier = next(
                (each.standing.rule for each in self._kept if each.standing.rule.id == rule_id), None
            )
            if earlier is None:
                return None
            self._remove(lambda other: other.id == rule_id)
            named = replace(rule, id=rule_id, scenario=earlier.scenario, place=earlier.place)
            self._keep(named)
            return named

    def take(self, entry: Entry, door: Door, now: datetime) -> Befalling | None:
        """The rule that befalls this request, if any. Counts the turn."""
        if not self._kept:
            return None
        with self._lock:
            for kept in self._standing(now):
                rule = kept.standing.rule
                if FAULTS[rule.fault].suits(door) and rule.match.fits(entry):
                    self._version += 1
                    if kept.meet():
                        self._standing(now)
                        return Befalling(rule, kept.chance)
            return None

    def all(self, now: datetime) -> list[Standing]:
        """Those that stand, in the order in which they are asked."""
        with self._lock:
            return [kept.standing for kept in self._standing(now)]

    def get(self, rule_id: int, now: datetime) -> Standing | None:
        return next((each for each in self.all(now) if each.rule.id == rule_id), None)

    def remove(self, which: Callable[[Rule], bool]) -> bool:
        """Remove those; say whether there were any."""
        with self._lock:
            return self._remove(which)

    def clear(self) -> None:
        self.remove(lambda _rule: True)

    @property
    def version(self) -> int:
        """Another number after each change."""
        return self._version

    def _keep(self, rule: Rule) -> None:
        """The caller holds the lock."""
        # Not for secrets: chance that falls the same way each time is the point
        kept = _Kept(Standing(rule), Random(rule.seed))  # noqa: S311
        self._kept = sorted([*self._kept, kept], key=_order)
        self._version += 1

    def _remove(self, which: Callable[[Rule], bool]) -> bool:
        """The caller holds the lock."""
        rest = [kept for kept in self._kept if not which(kept.standing.rule)]
        found = len(rest) < len(self._kept)
        self._kept = rest
        self._version += found
        return found

    def _standing(self, now: datetime) -> list[_Kept]:
        """Let go of those that are over. The caller holds the lock."""
        rest = [kept for kept in self._kept if not kept.is_over(now)]
        if len(rest) < len(self._kept):
            self._kept = rest
            self._version += 1
        return rest


def _order(kept: _Kept) -> tuple[int, int]:
    return kept.standing.rule.priority, -kept.standing.rule.id
