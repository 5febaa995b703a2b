"""The receivers: the built-in ones, one a door, and those that somebody set up. The only code that keeps them."""

import threading
from collections.abc import Iterable

from mock_rmm.doors import DOORS, Door, open_door
from mock_rmm.receiver import ASP_NET, LENIENT, STRICT, Contract, Receiver

__all__ = ["ASP_NET", "BUILT_IN", "LENIENT", "STRICT", "Contract", "Receiver", "Receivers"]

BUILT_IN = {door.name: Receiver(name=door.name, door=door.name, path=door.path) for door in DOORS.values()}
"""Lenient, named like their doors, and there for good."""


class Receivers:
    def __init__(self, initial: Iterable[Receiver] = ()) -> None:
        self._initial = tuple(initial)
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Receiver, Door]] = {}
        self._by_path: dict[str, tuple[tuple[Receiver, Door], ...]] = {}
        self._version = 0
        self.reset()

    def all(self) -> list[Receiver]:
        with self._lock:
            return [receiver for receiver, _ in self._kept.values()]

    def get(self, name: str) -> Receiver | None:
        with self._lock:
            kept = self._kept.get(name)
        return kept[0] if kept else None

    def at(self, path: str) -> tuple[tuple[Receiver, Door], ...]:
        """The receivers with this address and their doors: several when each takes an HTTP method of its own."""
        with self._lock:
            return self._by_path.get(path, ())

    def put(self, receiver: Receiver, *, instead_of: str | None = None) -> Receiver | None:
        """Set one up, or say which other has its name or address already.

        It takes the place of the one that is named, of none where that is empty, and else of the one with its name.
        """
        opened = open_door(receiver)
        replaced = receiver.name if instead_of is None else instead_of
        with self._lock:
            for other, door in self._kept.values():
                same_place = other.path == receiver.path and door.method == opened.method
                if other.name != replaced and (same_place or other.name == receiver.name):
                    return other
            if replaced != receiver.name and replaced not in BUILT_IN:
                self._kept.pop(replaced, None)
            self._kept[receiver.name] = (receiver, opened)
            self._changed()
            return None

    def remove(self, name: str) -> bool:
        """Take one away; a built-in one stays."""
        with self._lock:
            if name in BUILT_IN or name not in self._kept:
                return False
            del self._kept[name]
            self._changed()
            return True

    def reset(self) -> None:
        """Go back to the receivers of the start."""
        opened = {each.name: (each, open_door(each)) for each in (*BUILT_IN.values(), *self._initial)}
        with self._lock:
            self._kept = opened
            self._changed()

    @property
    def version(self) -> int:
        """Another number after each change."""
        return self._version

    def _changed(self) -> None:
        """The caller holds the lock."""
        by_path: dict[str, tuple[tuple[Receiver, Door], ...]] = {}
        for receiver, door in self._kept.values():
            by_path[receiver.path] = (*by_path.get(receiver.path, ()), (receiver, door))
        self._by_path = by_path
        self._version += 1
