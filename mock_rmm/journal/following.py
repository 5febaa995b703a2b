"""Follows the journal: finds what fits without reading everything again after each change."""

from collections.abc import Iterable, Iterator

from mock_rmm.journal.entry import Entry
from mock_rmm.journal.journal import Journal
from mock_rmm.journal.match import Match

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
        for entry_id in sorted(self._open):
            entry = self._journal.get(entry_id)
            if entry is not None:
                self._take(entry)
        self._open = {entry_id for entry_id in self._open if entry_id in self._journal}
        for entry in every(self._journal, self._seen):
            self._seen = entry.id
            self._take(entry)
        self._fitting = {
            entry_id: entry for entry_id, entry in self._fitting.items() if entry_id in self._journal
        }
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
