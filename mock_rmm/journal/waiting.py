"""Whether the requests that one expects have come, at once or within some time, and what came nearest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from heapq import nsmallest
from time import monotonic
from typing import TypeVar

from mock_rmm.journal.entry import Entry
from mock_rmm.journal.journal import Journal
from mock_rmm.journal.match import Difference, Match

PAGE = 500


def every(journal: Journal, after: int = 0) -> Iterator[Entry]:
    """The journal's entries after that id, oldest first, read page by page."""
    while page := journal.after(after, limit=PAGE):
        yield from page
        after = page[-1].id


class Following:
    """The requests that fit any of some matches. An answered one is looked at for the last time."""

    def __init__(self, journal: Journal, matches: Iterable[Match], after: int = 0) -> None:
        self._journal = journal
        self._matches = tuple(matches)
        self._seen = after
        self._open: set[int] = set()
        """Those that were not answered yet: they may still come to fit, or not to fit any more."""
        self._fitting: dict[int, Entry] = {}

    def look(self) -> list[Entry]:
        """Those that fit by now and are still in the journal, oldest first."""
        journal = self._journal
        for entry in filter(None, map(journal.get, sorted(self._open))):
            self._take(entry)
        self._open = {entry_id for entry_id in self._open if entry_id in journal}
        for entry in every(journal, self._seen):
            self._seen = entry.id
            self._take(entry)
        self._fitting = {each: entry for each, entry in self._fitting.items() if each in journal}
        return [self._fitting[entry_id] for entry_id in sorted(self._fitting)]

    def _take(self, entry: Entry) -> None:
        if entry.answered_at is None:
            self._open.add(entry.id)
        else:
            self._open.discard(entry.id)
        if any(match.fits(entry) for match in self._matches):
            self._fitting[entry.id] = entry
        else:
            self._fitting.pop(entry.id, None)


MOST_SHOWN = 3
MOST_COMPARED = 20
LONGEST_COMPARED = 200


@dataclass(frozen=True)
class Miss:
    entry: Entry
    differences: tuple[Difference, ...]


def nearest(entries: Iterable[Entry], match: Match, most: int = MOST_SHOWN) -> tuple[Miss, ...]:
    """Those that differ least: in the fewest parts, then by the least in them, then the newest."""
    misses = (Miss(entry, found) for entry in entries if (found := match.differences(entry)))
    # To compare texts costs time: only those that may be shown
    compared = nsmallest(MOST_COMPARED, misses, key=lambda miss: (len(miss.differences), -miss.entry.id))
    closest = sorted(compared, key=lambda miss: (len(miss.differences), -_likeness(miss)))
    return tuple(closest[:most])


def _likeness(miss: Miss) -> float:
    """From 0 to 1: how much what came is like what was expected."""
    likenesses = [
        SequenceMatcher(None, (each.came or "")[:LONGEST_COMPARED], each.expected[:LONGEST_COMPARED]).ratio()
        for each in miss.differences
    ]
    return sum(likenesses) / len(likenesses)


@dataclass(frozen=True)
class Order:
    found: tuple[Entry, ...]  # the request of each step that came in its place
    steps: int
    too_early: Entry | None = None
    """One that fits the step that is missing, but came before the step ahead of it."""

    @property
    def met(self) -> bool:
        return len(self.found) == self.steps

    @property
    def sentence(self) -> str:
        if self.met:
            return f"All {self.steps} steps came in order."
        missing = f"Step {len(self.found) + 1} of {self.steps} is missing"
        if self.found:
            missing += f": no request fits it after request {self.found[-1].id}"
        if self.too_early is not None:
            missing += f"; request {self.too_early.id} fits it, but came earlier"
        return missing + "."


def in_order(entries: Sequence[Entry], matches: Sequence[Match]) -> Order:
    """Give each step the first request that fits it after the step ahead of it."""
    found: list[Entry] = []
    rest = iter(entries)
    for match in matches:
        entry = next((each for each in rest if match.fits(each)), None)
        if entry is None:
            others = (each for each in reversed(entries) if each not in found)
            return Order(tuple(found), len(matches), next(filter(match.fits, others), None))
        found.append(entry)
    return Order(tuple(found), len(matches))


NOTHING = "Nothing came at all"
LOOK_UP_EVERY = 0.25  # seconds between two looks whether anybody still waits

Found = TypeVar("Found")


@dataclass(frozen=True)
class Outcome:
    found: tuple[Entry, ...]
    wanted: int
    waited: float  # seconds
    in_all: int  # how many requests came, fitting or not
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
        rest = f"{others} {'other' if others == 1 else 'others'} came" if self.in_all else NOTHING
        return f"{len(self.found)} of {_counted(self.wanted)} came {within}. {rest}."


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
    outcome = Outcome(tuple(found), count, monotonic() - began, in_all=len(found))
    if outcome.met:
        return outcome
    others = 0

    def unfit() -> Iterator[Entry]:
        nonlocal others
        for entry in every(journal, after):
            if not match.fits(entry):
                others += 1
                yield entry

    misses = nearest(unfit(), match)
    return replace(outcome, misses=misses, in_all=len(found) + others, waited=monotonic() - began)


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

    def look() -> Order:
        return in_order(following.look(), matches)

    order = until(journal, look, lambda order: order.met, timeout, given_up)
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
