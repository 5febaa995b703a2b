"""Transactions of workers: short, outside any request, and without expiring loaded rows at the commit."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from portal.db import after_commit

# Read by portal.db.engine: on SQLite such a transaction never waits for the write lock.
READS: dict[str, object] = {"reads": True}


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a transaction, committed at the end and rolled back on any error.

    It takes SQLite's write lock at its start, so a time that is read inside is that of the write.
    """
    with Session(engine, expire_on_commit=False) as session:
        with session.begin():
            _set_planner(session.connection())
            yield session
        after_commit.emit(session)


@contextmanager
def reading(engine: Engine, most_seconds: float = 0) -> Iterator[Session]:
    """Open a read-only transaction; the database stops a statement after ``most_seconds``, unless that is 0."""
    with Session(engine, expire_on_commit=False) as session:
        _set_planner(session.connection(execution_options=READS | {"most_seconds": most_seconds}))
        yield session


def _set_planner(connection: Connection) -> None:
    """Make PostgreSQL use an index for an order, instead of sorting.

    Its statistics don't include a burst that has just come in: where they say that nothing is open, it would scan
    all open rows, for each row, instead of using the index made for the query.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
