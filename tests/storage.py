"""Databases that refuse: full, read-only, locked by somebody else, or away. All of it is really so."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator

from flask import Flask
from sqlalchemy import event, text

from portal.db.engine import db
from tests.servers import Postgres


@contextlib.contextmanager
def told(*pragmas: str) -> Iterator[None]:
    """Give each new connection to SQLite these pragmas."""

    def tell(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    _start_over()
    event.listen(db.engine, "connect", tell)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", tell)
        _start_over()


@contextlib.contextmanager
def full() -> Iterator[None]:
    """SQLite may not grow by a page."""
    with told("max_page_count = 1"):  # it takes the size that the file has
        yield


@contextlib.contextmanager
def read_only() -> Iterator[None]:
    """Nothing may be written: PostgreSQL as after a fail-over, SQLite as on a read-only disk."""
    if db.engine.dialect.name == "sqlite":
        with told("query_only = ON"):
            yield
        return
    name = db.engine.url.database
    _set_of_database(name, "SET default_transaction_read_only = on")
    try:
        yield
    finally:
        _set_of_database(name, "RESET default_transaction_read_only")


@contextlib.contextmanager
def locked(app: Flask) -> Iterator[None]:
    """Another program holds SQLite's write lock, and nobody waits for it for long."""
    with told("busy_timeout = 20"), contextlib.closing(sqlite3.connect(db.engine.url.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


@contextlib.contextmanager
def away(postgres: Postgres) -> Iterator[None]:
    """PostgreSQL is stopped, in the middle of whatever it does."""
    db.session.remove()
    postgres.stop("immediate")
    try:
        yield
    finally:
        postgres.start()


Way = Callable[[], contextlib.AbstractContextManager[None]]


def _start_over() -> None:
    db.session.remove()
    db.engine.dispose()


def _set_of_database(name: str | None, what: str) -> None:
    """Set it in a transaction that may write, whatever the database's default is."""
    _start_over()
    with db.engine.connect() as connection:
        connection.execute(text("SET TRANSACTION READ WRITE"))
        connection.execute(text(f'ALTER DATABASE "{name}" {what}'))
        connection.commit()
    _start_over()
