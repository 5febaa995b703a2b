"""What was received, by every receiver."""

from mock_rmm.journal.entry import Entry, masked
from mock_rmm.journal.journal import Journal

__all__ = ["Entry", "Journal", "masked"]
