"""A rule: which fault is applied, to which requests, and how often."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import Event
from typing import Any

from mock_rmm.endpoints.endpoint import Answer, Dropped, Endpoint, Raw, Reading
from mock_rmm.endpoints.receiver import Kind
from mock_rmm.journal import Match

USUAL_PRIORITY = 5


@dataclass(frozen=True)
class Rule:
    fault: str
    status: int | None = None
    seconds: float | None = None
    most_seconds: float | None = None  # with it, the time is a random one between the two
    body: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    match: Match = field(default_factory=Match)
    from_nth: int = 1  # the first of the matching requests that it is applied to
    every: int = 1  # from then on each, each second, each third
    times: int | None = None  # how many requests it is applied to in all; without it, until it is removed
    until: datetime | None = None
    rate: float = 1.0  # the share of those whose turn it is; the rest are let pass, by chance
    seed: int | None = None  # makes chance reproducible
    priority: int = USUAL_PRIORITY  # the lowest number is asked first; of equals, the newest
    name: str = ""
    scenario: str = ""  # the scenario that it is a part of
    place: str = ""  # the endpoint that it was switched on for by /api/faults, which keeps one for each
    id: int = 0


@dataclass(frozen=True)
class Turn:
    """One request that a fault is applied to."""

    endpoint: Endpoint
    reading: Reading
    proceed: Callable[[], Answer]  # does what would have happened without the fault
    url_root: str
    stopping: Event  # set when the server stops, so that nothing keeps it waiting
    now: datetime
    longest_silence: float
    chance: Random = field(default_factory=Random)  # the rule's own


@dataclass(frozen=True)
class Fault:
    name: str
    label: str
    words: Callable[[Rule], str]  # what it does, as a sentence without its full stop
    apply: Callable[[Rule, Turn], Answer | Raw | Dropped]
    takes: Mapping[str, Any] = field(default_factory=dict)
    """The settings of a rule that it can be given, each with its default or None."""
    needs: tuple[str, ...] = ()  # the settings that it can't do without
    of_format: bool = False  # whether only a format with faults of its own can have it

    def suits(self, kind: Kind) -> bool:
        return kind.has_fault or not self.of_format
