"""The Flask extensions, made once and bound to the app in ``create_app``."""

import sqlite3
from typing import Any

from flask import has_request_context, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from portal.core.storage import BUSY, StorageTrouble, trouble_of
from portal.models.base import Base

db = SQLAlchemy(model_class=Base)
migrate = Migrate()
csrf = CSRFProtect()
login_manager = LoginManager()
limiter = Limiter(
    get_remote_address, in_memory_fallback_enabled=True, swallow_errors=True, strategy="fixed-window"
)

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def prepare_engine(engine: Engine) -> None:
    """Make SQLite behave: WAL, foreign keys, waiting for a lock, and transactions that mean it."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def storage_trouble(error: BaseException) -> StorageTrouble | None:
    """Say what an error of SQLAlchemy's means for whoever waits; None when it is a bug."""
    if isinstance(error, NoConnectionFree):
        return BUSY
    return trouble_of(error.orig) if isinstance(error, DBAPIError) else None


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    # Transactions are begun in _on_begin; the driver's own guessing is switched off.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        # FULL: a commit that was acknowledged survives a power failure, not only a crash
        "synchronous=FULL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _on_begin(connection: Connection) -> None:
    # A deferred transaction that writes after it has read fails at once when another wrote in between
    # (SQLITE_BUSY_SNAPSHOT, which no time-out cures). So whatever may write takes the lock first.
    reads = connection.get_execution_options().get("reads") or (
        has_request_context() and request.method in _READS
    )
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")
