"""What was received, by every receiver: the only code that stores it.

An entry is written when its request has arrived, before any delay or fault, and completed when it is answered.
The oldest are dropped when there are too many entries or too many bytes.

    write, complete -> unsaved -> saved in the database, some at a time -> dropped

An entry is there for all readers as soon as it is written: each looks through what is saved after saving the rest.
While that fails, as on a full disk, lists and searches show what was saved before, without what was dropped or
cleared since; an entry is still found by its id. The saver tries again after a pause, and each reader does.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from mock_rmm.journal.entry import Entry, Headers, microseconds, row_of
from mock_rmm.journal.ledger import Ledger
from mock_rmm.journal.search import Search, condition
from mock_rmm.journal.store import IN_MEMORY, Store

log = logging.getLogger(__name__)

A_PAGE = 50
MOST_UNSAVED = 64
MOST_UNSAVED_BYTES = 4 * 1024 * 1024
SAVE_AFTER = 0.05  # a process that is killed loses what came in the last so many seconds
RETRY_AFTER = 1.0  # seconds between the saver's attempts while saving fails: each writes all that is unsaved


class Journal:
    def __init__(self, *, most_entries: int, most_bytes: int, path: str = IN_MEMORY) -> None:
        self._store = Store(path)
        known, self._last_id, self.dropped = self._store.resume(microseconds(datetime.now(UTC)))
        self._saving = threading.Lock()
        """Held while the database is asked. Who wants both locks takes this one first."""
        self._changed = threading.Condition(threading.Lock())
        """Its lock is held for what is below, and only for moments."""
        self._unsaved: dict[int, Entry] = {}
        self._unsaved_bytes = 0
        self._stale = False  # whether the database has entries that were dropped
        self._failing = False  # whether the last save failed
        self._ledger = Ledger(most_entries=most_entries, most_bytes=most_bytes, known=known)
        self.version = 0  # another number after each change
        self._stopping = threading.Event()
        self._wake = threading.Event()
        with self._changed:
            self._trim()
        self._saver: threading.Thread | None = None
        if path != IN_MEMORY:
            self._saver = threading.Thread(target=self._save_periodically, name="journal", daemon=True)
            self._saver.start()

    def write(self, make: Callable[[int], Entry]) -> Entry:
        """Store the entry that `make` makes from its id, and return it."""
        with self._changed:
            self._last_id += 1
            entry = make(self._last_id)
            self._put(entry)
        self._save_if_many()
        return entry

    def note_fault(self, entry_id: int, fault: str) -> None:
        self._amend(entry_id, lambda entry: replace(entry, fault=fault))

    def complete(
        self, entry_id: int, *, status: int | None, body: bytes, now: datetime, headers: Headers = ()
    ) -> None:
        answer: dict[str, Any] = {"answer_status": status, "answer_body": body, "answer_headers": headers}
        self._amend(entry_id, lambda entry: replace(entry, **answer, answered_at=now))

    def _amend(self, entry_id: int, change: Callable[[Entry], Entry]) -> None:
        """Change an entry that may be gone by now: the journal was cleared, or it was the oldest."""
        with self._changed:
            unsaved = self._unsaved.get(entry_id)
            if unsaved is not None:
                self._put(change(unsaved))
        if unsaved is None:
            with self._saving:
                saved = self._find(entry_id)
                with self._changed:
                    if saved is not None and entry_id in self._ledger:
                        self._put(change(saved))
        self._save_if_many()

    def _put(self, entry: Entry) -> None:
        """The caller holds the lock of what changed."""
        self._ledger.put(entry.id, entry.size, entry.webhook_id)
        self._forget_unsaved(entry.id)
        self._unsaved_bytes += entry.size
        self._unsaved[entry.id] = entry
        self._trim()

    def _trim(self) -> None:
        """Drop the oldest until the rest is within bounds. The caller holds the lock of what changed."""
        for entry_id in self._ledger.drop():
            self._forget_unsaved(entry_id)
            self.dropped += 1
            self._stale = True
        self._notify()

    def _forget_unsaved(self, entry_id: int) -> None:
        if (unsaved := self._unsaved.pop(entry_id, None)) is not None:
            self._unsaved_bytes -= unsaved.size

    def _notify(self) -> None:
        self.version += 1
        self._changed.notify_all()
        if not self._wake.is_set():
            self._wake.set()

    def _save_if_many(self) -> None:
        many = len(self._unsaved) >= MOST_UNSAVED or self._unsaved_bytes >= MOST_UNSAVED_BYTES
        # An endpoint doesn't retry what failed: each attempt writes all that is unsaved
        if self._stopping.is_set() or (many and not self._failing):
            with self._saving:
                self._save()

    def _save(self) -> None:
        """Bring the database up to date. The caller holds the lock of saving."""
        with self._changed:
            unsaved, self._unsaved, self._unsaved_bytes = self._unsaved, {}, 0
            oldest, last_id, dropped = self._ledger.oldest, self._last_id, self.dropped
            unchanged, self._stale = not unsaved and not self._stale, False
        if unchanged:
            return
        try:
            self._store.keep(map(row_of, unsaved.values()), oldest=oldest, last_id=last_id, dropped=dropped)
        except sqlite3.Error as error:
            # A full disk must not keep the endpoints from answering, nor lose what came last
            if not self._failing:
                log.error("the journal can't be saved: %s", error)  # noqa: TRY400 (the sentence says it all)
            self._failing = True
            with self._changed:
                kept = {entry_id: entry for entry_id, entry in unsaved.items() if entry_id in self._ledger}
                self._unsaved, self._stale = kept | self._unsaved, True
                self._unsaved_bytes = sum(entry.size for entry in self._unsaved.values())
        else:
            self._failing = False

    def _save_periodically(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            self._stopping.wait(RETRY_AFTER if self._failing else SAVE_AFTER)
            with self._saving:
                self._save()
            if self._failing:
                self._wake.set()

    def get(self, entry_id: int) -> Entry | None:
        with self._saving:
            return self._find(entry_id)

    def _find(self, entry_id: int) -> Entry | None:
        """The caller holds the lock of saving."""
        unsaved = self._unsaved.get(entry_id)
        if unsaved is not None:
            return unsaved
        if entry_id not in self._ledger:
            return None
        return next(iter(self._store.select("id = :id", {"id": entry_id}, limit=1, newest_first=False)), None)

    def after(self, last_seen: int, *, limit: int, door: str = "") -> list[Entry]:
        """The first entries after that id, oldest first."""
        return self._select(Search(door=door, after=last_seen), limit=limit, newest_first=False)

    def newest(self, limit: int) -> list[Entry]:
        return self._select(Search(), limit=limit, newest_first=True)

    def attempts(self, webhook_id: str, limit: int = A_PAGE) -> list[Entry]:
        """The newest requests with a webhook-id, oldest first: for a new id this costs next to nothing."""
        with self._changed:
            ids = self._ledger.attempts(webhook_id, limit)
        return [entry for entry in map(self.get, ids) if entry is not None]

    def search(self, search: Search, *, limit: int) -> list[Entry]:
        """What was looked for, newest first. `before` with the last one's id gives the next page."""
        return self._select(search, limit=limit, newest_first=True)

    def count(self, search: Search) -> int:
        """How many there are of what is looked for, on all pages."""
        with self._saving:
            self._save()
            return self._store.count(*self._condition(search))

    def each(self, search: Search) -> Iterator[Entry]:
        """All of what is looked for, oldest first, with few in memory at a time."""
        while page := self._select(search, limit=A_PAGE, newest_first=False):
            yield from page
            search = structs.replace(search, after=page[-1].id)

    def _select(self, search: Search, *, limit: int, newest_first: bool) -> list[Entry]:
        with self._saving:
            self._save()
            return self._store.select(*self._condition(search), limit=limit, newest_first=newest_first)

    def _condition(self, search: Search) -> tuple[str, dict[str, Any]]:
        """What is looked for, without what a save that failed has left in the database."""
        with self._changed:
            oldest = self._ledger.oldest or self._last_id + 1
        return condition(structs.replace(search, after=max(search.after, oldest - 1)))

    def clear(self) -> None:
        """Forget every entry; ids go on from where they were."""
        with self._saving:
            with self._changed:
                self._unsaved, self._unsaved_bytes = {}, 0
                self._ledger.clear()
                self.dropped, self._stale = 0, True
                self._notify()
            self._save()

    def __contains__(self, entry_id: int) -> bool:
        return entry_id in self._ledger

    def __len__(self) -> int:
        return len(self._ledger)

    def wait_for_change(self, version: int, seconds: float) -> int:
        """Wait until the version is another one, the time is up or the mock stops; return the version."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != version or self._stopping.is_set(), seconds)
            return self.version

    def stop(self) -> None:
        """Wake whoever waits for a change. Entries can still be written, and are saved at once from now on."""
        self._stopping.set()
        self._wake.set()
        with self._changed:
            self._changed.notify_all()
        with self._saving:
            self._save()

    def close(self) -> None:
        """Release the file."""
        self.stop()
        if self._saver is not None:
            self._saver.join()
        with self._saving:
            self._store.close()
