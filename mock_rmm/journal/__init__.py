"""What was received, by every receiver, and how one looks for it and waits for it."""

from mock_rmm.journal.entry import Entry, masked
from mock_rmm.journal.journal import Journal
from mock_rmm.journal.match import Match
from mock_rmm.journal.search import Search
from mock_rmm.journal.store import IN_MEMORY, Unusable

__all__ = ["IN_MEMORY", "Entry", "Journal", "Match", "Search", "Unusable", "masked"]
