"""Keeps up with the journal: finds what fits without reading everything again at each change."""

from collections.abc import Iterable, Iterator

from mock_rmm.journal import Entry, Journal
from mock_rmm.matching import Match

PAGE = 500


def every(journal: Journal, after: int = 0) -> Iterator[Entry]:
    """The journal's entries after that id, oldest first, read page by page."""
    while page := journal.after(after, limit=PAGE):
        yield from page
        after = page[-1].id


class Following:
    """The requests that fit any of some matches. One that is answered is looked at for the last time."""

    def __init__(self, journal: Journal, matches: Iterable[Match], after: int = 0) -> None:
        self._journal = journal
        self._matches = tuple(matches)
        self._settled = after
        self._kept: list[Entry] = []

    def look(self) -> list[Entry]:
        """Those that fit by now, oldest first."""
        fitting: list[Entry] = []
        all_answered = True
        for entry in every(self._journal, self._settled):
            all_answered = all_answered and entry.answered_at is not None
            fits = any(match.fits(entry) for match in self._matches)
            if all_answered:
                self._settled = entry.id
            if fits:
                (self._kept if all_answered else fitting).append(entry)
        return self._kept + fitting
