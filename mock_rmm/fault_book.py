"""Which faults are switched on: the only code that counts their turns. One a door, and one for any door."""

import threading
from dataclasses import replace

from mock_rmm.doors import Door
from mock_rmm.faults import ANY_DOOR, FAULTS, Rule


class FaultBook:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: dict[str, Rule] = {}

    def put(self, rule: Rule) -> None:
        """Switch it on, in the place of the door's earlier one."""
        with self._lock:
            self._rules[rule.door] = rule

    def take(self, door: Door) -> Rule | None:
        """The rule that befalls this request, if any; its own door's before the one for any. Counts the turn."""
        with self._lock:
            for place in (door.name, ANY_DOOR):
                rule = self._rules.get(place)
                if rule is not None and FAULTS[rule.fault].suits(door):
                    self._count(place, rule)
                    return rule
            return None

    def _count(self, place: str, rule: Rule) -> None:
        if rule.times is None:
            return
        if rule.times <= 1:
            del self._rules[place]
        else:
            self._rules[place] = replace(rule, times=rule.times - 1)

    def all(self) -> list[Rule]:
        with self._lock:
            return list(self._rules.values())

    def remove(self, door: str) -> bool:
        with self._lock:
            return self._rules.pop(door, None) is not None

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
