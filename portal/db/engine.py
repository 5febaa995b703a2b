"""The Flask extensions, made once and bound to the app in ``create_app``."""

import random
import sqlite3
import time
from typing import Any

from flask import has_request_context, request
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from portal.core.numbers import number_key
from portal.db.trouble import BUSY, StorageTrouble, trouble_of
from portal.models.base import Base

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()
login_manager = LoginManager()

# How long whoever writes waits for others who do, and how often it looks, in seconds.
_LONGEST_WAIT, _LOOK_EVERY = 15, 0.001
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# How long a statement of a page may take: what is searched for decides it, and others wait meanwhile.
MOST_SECONDS = 10
# SQLite's steps between two looks at the time
_STEPS = 10_000
_BUDGET = "budget"


def prepare_engine(engine: Engine) -> None:
    """Bound what a reader's statement costs, and make SQLite behave.

    That is: WAL, foreign keys, waiting for a lock, and transactions that mean it.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "begin", _set_time_out)
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "before_cursor_execute", _start_budget)


def storage_trouble(error: BaseException) -> StorageTrouble | None:
    """Say what an error of SQLAlchemy's means for whoever waits; None when it is a bug."""
    if isinstance(error, NoConnectionFree):
        return BUSY
    return trouble_of(error.orig) if isinstance(error, DBAPIError) else None


def _on_connect(connection: sqlite3.Connection, record: Any) -> None:
    # Transactions are begun in _on_begin; the driver's own guessing is switched off.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={_LONGEST_WAIT * 1000:.0f}",
        # FULL: a commit that was acknowledged survives a power failure, not only a crash
        "synchronous=FULL",
        # what is deleted is overwritten in the file: a removed secret is gone. The write-ahead log is written over
        # as it goes round; to cut it off each time would make the commits after it extend the file again.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function("number_key", 1, number_key, deterministic=True)
    record.info[_BUDGET] = budget = _Budget()
    # what is true ends the statement
    connection.set_progress_handler(budget.is_spent, _STEPS)


class _Budget:
    """The processor time that this thread, in which SQLite works, has for a statement; 0: it has no bound."""

    def __init__(self) -> None:
        self.seconds = self.end = 0.0

    def is_spent(self) -> bool:
        return bool(self.seconds) and time.thread_time() > self.end


def _page_is_read() -> bool:
    return has_request_context() and request.method in _READS


def _most_seconds(connection: Connection) -> float:
    seconds: float = connection.get_execution_options().get("most_seconds", 0)
    return seconds or (MOST_SECONDS if _page_is_read() else 0)


def _set_time_out(connection: Connection) -> None:
    if seconds := _most_seconds(connection):
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")


def _start_budget(connection: Connection, *_statement: Any) -> None:
    budget = connection.info[_BUDGET]
    budget.end = time.thread_time() + budget.seconds


def _on_begin(connection: Connection) -> None:
    connection.info[_BUDGET].seconds = _most_seconds(connection)
    # A deferred transaction that writes after it has read fails at once when another wrote in between
    # (SQLITE_BUSY_SNAPSHOT, which no time-out cures). So whatever may write takes the lock first.
    options = connection.get_execution_options()
    patience = options.get("patience")
    if options.get("reads") or (patience is None and _page_is_read()):
        connection.exec_driver_sql("BEGIN")
    else:
        _take_write_lock(connection, patience)


def _take_write_lock(connection: Connection, patience: float | None) -> None:
    """Begin to write, as soon as nobody else does.

    SQLite's own waiting sleeps for up to a tenth of a second before it looks again, and workers hold the
    lock for some milliseconds each: it would be free most of the time. ``patience`` is in seconds.
    """
    driver: Any = connection.connection.dbapi_connection
    wait_ms = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    end = time.monotonic() + (wait_ms / 1000 if patience is None else patience)
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            except OperationalError as error:
                if storage_trouble(error) is not BUSY or time.monotonic() > end:
                    raise
            else:
                return
            time.sleep(random.uniform(0.5, 1.5) * _LOOK_EVERY)  # noqa: S311 - it spreads, and guards nothing
    finally:
        driver.execute(f"PRAGMA busy_timeout={wait_ms}")
