"""Waits until what is expected has arrived, or the time is up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from mock_rmm.journal.entry import Entry
from mock_rmm.journal.following import Following, every
from mock_rmm.journal.journal import Journal
from mock_rmm.journal.match import Match
from mock_rmm.journal.misses import Miss, nearest
from mock_rmm.journal.order import Order, in_order

LOOK_UP_EVERY = 0.25
"""Seconds between two looks whether anybody still waits."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Outcome:
    found: tuple[Entry, ...]
    wanted: int
    waited: float
    """Seconds."""
    in_all: int
    """How many requests came, fitting or not."""
    misses: tuple[Miss, ...] = ()

    @property
    def met(self) -> bool:
        return len(self.found) >= self.wanted

    @property
    def sentence(self) -> str:
        within = f"within {self.waited:.1f} seconds"
        if self.met:
            return f"{_counted(len(self.found))} came {within}, {self.wanted} wanted."
        others = self.in_all - len(self.found)
        came = (
            f"{others} {'other' if others == 1 else 'others'} came."
            if self.in_all
            else "Nothing came at all."
        )
        return f"{len(self.found)} of {_counted(self.wanted)} came {within}. {came}"


def wait_for(
    journal: Journal,
    match: Match,
    *,
    count: int,
    timeout: float,
    after: int = 0,
    given_up: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Wait until at least so many requests fit. If they don't come, return what came nearest."""
    began = monotonic()
    following = Following(journal, (match,), after)
    found = until(journal, following.look, lambda found: len(found) >= count, timeout, given_up)
    met = len(found) >= count
    others = 0

    def unfit() -> Iterator[Entry]:
        nonlocal others
        for entry in every(journal, after):
            if not match.fits(entry):
                others += 1
                yield entry

    misses = () if met else nearest(unfit(), match)
    return Outcome(
        found=tuple(found),
        wanted=count,
        waited=monotonic() - began,
        in_all=len(found) + others,
        misses=misses,
    )


def wait_for_order(
    journal: Journal,
    matches: Sequence[Match],
    *,
    timeout: float,
    after: int = 0,
    given_up: Callable[[], bool] = lambda: False,
) -> tuple[Order, tuple[Miss, ...]]:
    """Wait until requests have come in an order. If they don't, return what came nearest to the missing step."""
    following = Following(journal, matches, after)
    order = until(
        journal, lambda: in_order(following.look(), matches), lambda order: order.met, timeout, given_up
    )
    if order.met:
        return order, ()
    since = order.found[-1].id if order.found else after
    return order, nearest(every(journal, since), matches[len(order.found)])


def until(
    journal: Journal,
    look: Callable[[], Found],
    enough: Callable[[Found], bool],
    timeout: float,
    given_up: Callable[[], bool] = lambda: False,
) -> Found:
    """Look at each change of the journal until it is enough, the time is up, or nobody waits any more."""
    end = monotonic() + timeout
    while True:
        # Before the look: a change after it must be seen
        version = journal.version
        found = look()
        if enough(found) or monotonic() >= end or given_up():
            return found
        while journal.version == version:
            left = end - monotonic()
            if left <= 0 or given_up():
                return found
            journal.wait_for_change(version, min(left, LOOK_UP_EVERY))


def _counted(number: int) -> str:
    return "1 expected request" if number == 1 else f"{number} expected requests"
