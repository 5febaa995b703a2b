"""What was received, by every receiver."""

from mock_rmm.journal.entry import Entry, masked
from mock_rmm.journal.journal import Journal
from mock_rmm.journal.search import Search
from mock_rmm.journal.store import IN_MEMORY, Unusable

__all__ = ["IN_MEMORY", "Entry", "Journal", "Search", "Unusable", "masked"]
