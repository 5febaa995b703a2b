"""The requests that come nearest to what was expected, and how they differ: pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nsmallest

from mock_rmm.journal.entry import Entry
from mock_rmm.journal.match import Difference, Match

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
