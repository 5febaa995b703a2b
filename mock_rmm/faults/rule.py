"""A fault that is switched on: what happens, to which requests, and how often."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import Event
from typing import Any, Protocol

from mock_rmm.doors import Answer, Door, Dropped, Raw, Reading
from mock_rmm.matching import Match

USUAL_PRIORITY = 5


@dataclass(frozen=True)
class Rule:
    fault: str
    status: int | None = None
    seconds: float | None = None
    most_seconds: float | None = None
    """With it, the time is a random one between the two."""
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    match: Match = field(default_factory=Match)
    from_nth: int = 1
    """The first of the requests it fits that it befalls."""
    every: int = 1
    """From then on each, each second, each third."""
    times: int | None = None
    """How many requests it befalls in all; without it, until it is removed."""
    until: datetime | None = None
    rate: float = 1.0
    """How many of those whose turn it is; the rest are let pass, by chance."""
    seed: int | None = None
    """So that chance falls the same way each time."""
    priority: int = USUAL_PRIORITY
    """The lowest number is asked first; of equals, the newest."""
    name: str = ""
    scenario: str = ""
    """The scenario that it is a part of."""
    place: str = ""
    """The door it was switched on for by /api/faults, which keeps one for each."""
    id: int = 0


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
    now: datetime
    longest_silence: float
    chance: Random = field(default_factory=Random)
    """The rule's own."""


class Fault(Protocol):
    name: str
    label: str
    takes: Mapping[str, Any]
    """Which of a rule's settings it can be given, each with its default or None."""
    needs: tuple[str, ...]
    """Those that it can't do without."""

    def suits(self, door: Door) -> bool:
        """Whether this door can have it."""

    def words(self, rule: Rule) -> str:
        """What it does, as a sentence without its full stop."""

    def apply(self, rule: Rule, turn: Turn) -> Answer | Raw | Dropped: ...
