"""Which rules there are, and which of them is applied to a request: the only code that counts their turns.

A request goes through the rules in their order, the lowest priority first and the newest of equals, until one is
applied: one that matches, whose turn it is, and that chance doesn't skip.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random

from mock_rmm.endpoints.receiver import Kind
from mock_rmm.journal import Entry
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Rule


@dataclass(frozen=True)
class Standing:
    """A rule, and how far it has come."""

    rule: Rule
    seen: int = 0  # how many requests it matched
    applied: int = 0

    @property
    def left(self) -> int | None:
        """How often it may still be applied; None for no end."""
        return None if self.rule.times is None else self.rule.times - self.applied


@dataclass
class _Kept:
    standing: Standing
    chance: Random = field(default_factory=Random)

    def is_over(self, now: datetime) -> bool:
        rule = self.standing.rule
        return self.standing.left == 0 or (rule.until is not None and rule.until <= now)

    def meet(self) -> bool:
        """Count a request that the rule matches; say whether the rule is applied to it."""
        rule, seen = self.standing.rule, self.standing.seen + 1
        its_turn = seen >= rule.from_nth and (seen - rule.from_nth) % rule.every == 0
        # Chance is drawn for each turn, or a seed would give another order with another rule
        applied = its_turn and self.chance.random() < rule.rate
        self.standing = replace(self.standing, seen=seen, applied=self.standing.applied + applied)
        return applied


class Rules:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[_Kept] = []  # in the order in which they are asked
        self._last_id = 0
        self.version = 0  # another number after each change

    def add(self, rule: Rule) -> Rule:
        """Store it; return it with its id. One with a place replaces the earlier rule there."""
        with self._lock:
            if rule.place:
                self._remove(lambda other: other.place == rule.place)
            self._last_id += 1
            named = replace(rule, id=self._last_id)
            self._keep(named)
            return named

    def change(self, rule_id: int, rule: Rule) -> Rule | None:
        """Replace that rule, whose scenario it stays a part of; its counts start again at 0."""
        with self._lock:
            rules = {each.standing.rule.id: each.standing.rule for each in self._kept}
            earlier = rules.get(rule_id)
            if earlier is None:
                return None
            self._remove(lambda other: other is earlier)
            named = replace(rule, id=rule_id, scenario=earlier.scenario, place=earlier.place)
            self._keep(named)
            return named

    def take(self, entry: Entry, kind: Kind, now: datetime) -> tuple[Rule, Random] | None:
        """The rule that is applied to this request, if any, and its chance. Counts the turn."""
        if not self._kept:
            return None
        with self._lock:
            for kept in self._standing(now):
                rule = kept.standing.rule
                if FAULTS[rule.fault].suits(kind) and rule.match.fits(entry):
                    self.version += 1
                    if kept.meet():
                        self._standing(now)
                        return rule, kept.chance
            return None

    def all(self, now: datetime) -> list[Standing]:
        """Those that are on, in the order in which they are asked."""
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

    def _keep(self, rule: Rule) -> None:
        """The caller holds the lock."""
        # Not for secrets: reproducible chance is the point
        kept = _Kept(Standing(rule), Random(rule.seed))  # noqa: S311
        self._kept.append(kept)
        self._kept.sort(key=lambda each: (each.standing.rule.priority, -each.standing.rule.id))
        self.version += 1

    def _remove(self, which: Callable[[Rule], bool]) -> bool:
        """The caller holds the lock."""
        rest = [kept for kept in self._kept if not which(kept.standing.rule)]
        found = len(rest) < len(self._kept)
        self._kept = rest
        self.version += found
        return found

    def _standing(self, now: datetime) -> list[_Kept]:
        """Drop those that are over. The caller holds the lock."""
        rest = [kept for kept in self._kept if not kept.is_over(now)]
        if len(rest) < len(self._kept):
            self._kept = rest
            self.version += 1
        return rest
