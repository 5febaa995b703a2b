"""What was received, by every door: the only code that keeps it.

An entry is written when its request has arrived, before any delay or fault, and completed when it is answered.
The oldest go when there are too many entries or too many bytes.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from mock_rmm.journal.entry import Entry, Headers


class Journal:
    def __init__(self, *, most_entries: int, most_bytes: int) -> None:
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[int, Entry] = OrderedDict()
        self._bytes = 0
        self._last_id = 0
        self._dropped = 0
        self._version = 0

    def write(self, make: Callable[[int], Entry]) -> int:
        """Keep the entry that `make` makes of its id, and say the id."""
        with self._lock:
            self._last_id += 1
            entry = make(self._last_id)
            self._entries[entry.id] = entry
            self._bytes += entry.size
            self._trim()
            return entry.id

    def note_fault(self, entry_id: int, fault: str) -> None:
        self._amend(entry_id, lambda entry: replace(entry, fault=fault))

    def complete(
        self, entry_id: int, *, status: int | None, body: bytes, now: datetime, headers: Headers = ()
    ) -> None:
        self._amend(
            entry_id,
            lambda entry: replace(
                entry, answer_status=status, answer_body=body, answer_headers=headers, answered_at=now
            ),
        )

    def _amend(self, entry_id: int, change: Callable[[Entry], Entry]) -> None:
        """Change an entry that may be gone by now: the journal was cleared, or it was the oldest."""
        with self._lock:
            entry = self._entries.get(entry_id)
            if entry is not None:
                changed = change(entry)
                self._entries[entry_id] = changed
                self._bytes += changed.size - entry.size
                self._trim()

    def _trim(self) -> None:
        """Let the oldest go until the rest is in its bounds. The caller holds the lock."""
        while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
            self._bytes -= self._entries.popitem(last=False)[1].size
            self._dropped += 1
        self._version += 1

    def get(self, entry_id: int) -> Entry | None:
        with self._lock:
            return self._entries.get(entry_id)

    def after(self, last_seen: int, *, door: str = "", limit: int) -> list[Entry]:
        """The first entries after that id, oldest first."""
        with self._lock:
            everything = list(self._entries.values())
        wanted = (entry for entry in everything if entry.id > last_seen and door in {"", entry.door})
        return _first(wanted, limit)

    def newest(self, limit: int) -> list[Entry]:
        with self._lock:
            everything = list(self._entries.values())
        return everything[::-1][:limit]

    def clear(self) -> None:
        """Forget every entry; ids go on from where they were."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0
            self._dropped = 0
            self._version += 1

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    @property
    def dropped(self) -> int:
        """How many of the oldest had to go since the journal was last cleared."""
        return self._dropped

    @property
    def version(self) -> int:
        """Another number after each change."""
        return self._version


def _first(entries: Iterator[Entry], limit: int) -> list[Entry]:
    return [entry for entry, _ in zip(entries, range(limit), strict=False)]
