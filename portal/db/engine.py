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

# How long a writer waits for the write lock, and how often it tries, in seconds.
_LONGEST_WAIT, _RETRY_EVERY = 15, 0.001
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
# How long a statement of a page may take: a costly search makes others wait.
MOST_SECONDS = 10
# SQLite's virtual machine steps between two checks of the time
_STEPS = 10_000
_BUDGET = "budget"


def prepare_engine(engine: Engine) -> None:
    """Limit the time of a reader's statements, and configure SQLite.

    That is: WAL, foreign keys, waiting for locks, and explicit transactions.
    """
    if engine.dialect.name != "sqlite":
        event.listen(engine, "begin", _set_statement_timeout)
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "before_cursor_execute", _start_budget)


def storage_trouble(error: BaseException) -> StorageTrouble | None:
    """Return what an error of SQLAlchemy's means for the user; None if it is a bug."""
    if isinstance(error, NoConnectionFree):
        return BUSY
    return trouble_of(error.orig) if isinstance(error, DBAPIError) else None


def _on_connect(connection: sqlite3.Connection, record: Any) -> None:
    # _on_begin begins transactions; the driver's own implicit ones are switched off.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={_LONGEST_WAIT * 1000:.0f}",
        # FULL: a commit that was acknowledged survives a power failure, not only a crash
        "synchronous=FULL",
        # deleted data is overwritten in the file: a removed secret is gone. The write-ahead log is overwritten as it
        # wraps around; truncating it each time would make later commits extend the file again.
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function("number_key", 1, number_key, deterministic=True)
    record.info[_BUDGET] = budget = _Budget()
    # a true result stops the statement
    connection.set_progress_handler(budget.is_spent, _STEPS)


class _Budget:
    """The processor time that a statement may take in this thread, where SQLite runs; 0 means no limit."""

    def __init__(self) -> None:
        self.seconds = self.end = 0.0

    def is_spent(self) -> bool:
        return bool(self.seconds) and time.thread_time() > self.end


def _is_page_read() -> bool:
    return has_request_context() and request.method in _READS


def _most_seconds(connection: Connection) -> float:
    seconds: float = connection.get_execution_options().get("most_seconds", 0)
    return seconds or (MOST_SECONDS if _is_page_read() else 0)


def _set_statement_timeout(connection: Connection) -> None:
    if seconds := _most_seconds(connection):
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {max(1, round(seconds * 1000))}")


def _start_budget(connection: Connection, *_statement: Any) -> None:
    budget = connection.info[_BUDGET]
    budget.end = time.thread_time() + budget.seconds


def _on_begin(connection: Connection) -> None:
    connection.info[_BUDGET].seconds = _most_seconds(connection)
    # A deferred transaction that writes after it has read fails at once if another wrote in between
    # (SQLITE_BUSY_SNAPSHOT, which no time-out prevents). So any transaction that may write takes the lock first.
    options = connection.get_execution_options()
    patience = options.get("patience")
    if options.get("reads") or (patience is None and _is_page_read()):
        connection.exec_driver_sql("BEGIN")
    else:
        _take_write_lock(connection, patience)


def _take_write_lock(connection: Connection, patience: float | None) -> None:
    """Begin a write transaction as soon as the lock is free; wait ``patience`` seconds at most.

    SQLite's own wait sleeps for up to a tenth of a second between tries, but workers hold the lock for some
    milliseconds each: it would be free most of the time.
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
            time.sleep(random.uniform(0.5, 1.5) * _RETRY_EVERY)  # noqa: S311 - jitter, not security
    finally:
        driver.execute(f"PRAGMA busy_timeout={wait_ms}")
