"""What a driver's error means for whoever waits."""

import sqlite3

import psycopg
from psycopg import errors

from portal.db.trouble import AWAY, BUSY, FULL, READ_ONLY, trouble_of


def of_sqlite(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("whatever it says")
    error.sqlite_errorname = name
    return error


def test_an_error_of_either_database_is_read_or_left_to_be_a_bug(subtests):
    for error, meaning in [
        (of_sqlite("SQLITE_FULL"), FULL),
        (of_sqlite("SQLITE_READONLY_DBMOVED"), READ_ONLY),
        (of_sqlite("SQLITE_READONLY"), READ_ONLY),
        (of_sqlite("SQLITE_BUSY_SNAPSHOT"), BUSY),
        (of_sqlite("SQLITE_LOCKED"), BUSY),
        (of_sqlite("SQLITE_CANTOPEN"), AWAY),
        (of_sqlite("SQLITE_IOERR_WRITE"), AWAY),
        (of_sqlite("SQLITE_ERROR"), None),
        (of_sqlite("SQLITE_CONSTRAINT_UNIQUE"), None),
        (errors.DiskFull(), FULL),
        (errors.ReadOnlySqlTransaction(), READ_ONLY),
        (errors.LockNotAvailable(), BUSY),
        (errors.DeadlockDetected(), BUSY),
        (errors.AdminShutdown(), AWAY),
        (errors.CannotConnectNow(), AWAY),
        (errors.ConnectionFailure(), AWAY),
        (errors.TooManyConnections(), AWAY),
        (psycopg.OperationalError("connection refused"), AWAY),
        (errors.UniqueViolation(), None),
        (errors.UndefinedColumn(), None),
        (psycopg.ProgrammingError("a bug"), None),
        (ValueError("a bug"), None),
        (None, None),
    ]:
        with subtests.test(error=error, meaning=meaning):
            assert trouble_of(error) is meaning


def test_each_trouble_says_that_nothing_was_saved_and_what_to_do(subtests):
    for trouble in [FULL, READ_ONLY, BUSY, AWAY]:
        with subtests.test(trouble=trouble):
            assert "nothing was saved" in trouble.text
            assert "administrator" in trouble.text
