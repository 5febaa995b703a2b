"""A fault that is switched on: at which door, how it is set, and how often yet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol

from mock_rmm.doors import Answer, Door, Dropped, Reading

ANY_DOOR = "*"


@dataclass(frozen=True)
class Rule:
    door: str
    """A door's name, or * for any."""
    fault: str
    status: int | None = None
    seconds: float | None = None
    body: str | None = None
    times: int | None = None
    """How many more requests it befalls; without it, until it is removed."""


@dataclass(frozen=True)
class Turn:
    """One request that a fault befalls."""

    door: Door
    reading: Reading
    proceed: Callable[[], Answer]
    """What would have happened without the fault."""
    url_root: str
    stopping: Event
    """Set when the server stops, so that nothing keeps it waiting."""


class Fault(Protocol):
    name: str
    label: str
    takes: Mapping[str, Any]
    """Which of status, seconds and body it can be given, each with its default or None."""
    needs: tuple[str, ...]
    """Those that it can't do without."""

    def suits(self, door: Door) -> bool:
        """Whether this door can have it."""

    def words(self, rule: Rule) -> str:
        """The rule as a sentence."""

    def apply(self, rule: Rule, turn: Turn) -> Answer | Dropped: ...
