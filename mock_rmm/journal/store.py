"""The journal's database: a file of SQLite, or memory. One thread uses it at a time."""

import fcntl
import os
import sqlite3
import weakref
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from mock_rmm.journal.entry import COLUMNS, SCHEMA, Entry, Row, entry_of

IN_MEMORY = ":memory:"
VERSION = 1
INSERT = f"INSERT OR REPLACE INTO entries ({COLUMNS}) VALUES ({', '.join('?' * len(COLUMNS.split(',')))})"  # noqa: S608 (constants)


class Unusable(Exception):  # noqa: N818 (a sentence for whoever starts it)
    """Why there can be no journal at this place, and what to do."""


class Store:
    def __init__(self, path: str) -> None:
        self._path = path
        try:
            lock = None if path == IN_MEMORY else _claim(Path(path))
            self._connection = _open(path, lock)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(path, error) from error
        # Also when nobody closes it: a test's mock is simply forgotten
        self.close = weakref.finalize(self, _end, self._connection, lock)

    def resume(self, now: int) -> tuple[list[tuple[int, int, str]], int, int]:
        """Continue from what the last process left. What it was answering when it ended got no answer.

        Returns each entry's id, size and webhook-id, oldest first; the last id; and how many were dropped.
        """
        execute = self._connection.execute
        try:
            known = execute("SELECT id, size, webhook_id FROM entries ORDER BY id").fetchall()
            last_id, dropped = execute("SELECT last_id, dropped FROM counters").fetchone()
            execute("UPDATE entries SET answered_at = ? WHERE answered_at IS NULL", (now,))
        except sqlite3.Error as error:
            self.close()
            raise _unusable(self._path, error) from error
        return known, max(last_id, known[-1][0] if known else 0), dropped

    def keep(self, rows: Iterable[Row], *, oldest: int | None, last_id: int, dropped: int) -> None:
        """Write entries, new and changed; delete those before `oldest`, or all."""
        execute = self._connection.execute
        with self._connection:
            execute("BEGIN IMMEDIATE")
            self._connection.executemany(INSERT, rows)
            execute("DELETE FROM entries WHERE id < ?", (last_id + 1 if oldest is None else oldest,))
            execute("UPDATE counters SET last_id = ?, dropped = ?", (last_id, dropped))

    def select(self, where: str, values: dict[str, Any], *, limit: int, newest_first: bool) -> list[Entry]:
        order = "DESC" if newest_first else "ASC"
        statement = f"SELECT {COLUMNS} FROM entries WHERE {where} ORDER BY id {order} LIMIT :limit"  # noqa: S608 (conditions are this package's own)
        return [entry_of(row) for row in self._connection.execute(statement, {**values, "limit": limit})]

    def count(self, where: str, values: dict[str, Any]) -> int:
        statement = f"SELECT count(*) FROM entries WHERE {where}"  # noqa: S608 (conditions are this package's own)
        count: int = self._connection.execute(statement, values).fetchone()[0]
        return count


def _unusable(path: str, error: Exception) -> Unusable:
    return Unusable(f"The journal {path} can't be used ({error}): name another file.")


def _end(connection: sqlite3.Connection, lock: IO[bytes] | None) -> None:
    connection.close()
    if lock is not None:
        lock.close()


def _claim(path: Path) -> IO[bytes]:
    """Keep others from using the same file: two journals in one would drop each other's entries."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = open(f"{path}.lock", "ab")  # noqa: SIM115, PTH123 (it is held as long as the journal is)
    try:
        os.fchmod(lock.fileno(), 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise Unusable(f"The journal {path} is in use by another mock RMM: give each its own.") from None
    return lock


def _open(path: str, lock: IO[bytes] | None) -> sqlite3.Connection:
    if lock is not None:
        # What callers send is for the eyes of whoever runs it
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _check_version(path, connection)
        connection.execute("PRAGMA journal_mode = WAL")
        # It outlives the process; after a power failure the last entries may be gone
        connection.execute("PRAGMA synchronous = OFF" if path == IN_MEMORY else "PRAGMA synchronous = NORMAL")
        # One transaction: what is there without a version is not ours
        connection.executescript(f"BEGIN; {SCHEMA}; PRAGMA user_version = {VERSION}; COMMIT")
    except BaseException:
        _end(connection, lock)
        raise
    return connection


def _check_version(path: str, connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise Unusable(f"{path} is a database of another program: name another file for the journal.")
    if version not in {0, VERSION}:
        raise Unusable(f"The journal {path} is of another version of the mock RMM: name another file.")
