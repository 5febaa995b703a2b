"""Transactions of workers: short, outside any request, and with nothing expired behind their back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from portal.db import after_commit

# Taken up by portal.db.engine: on SQLite such a transaction never waits for the write lock.
READS: dict[str, object] = {"reads": True}


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a transaction, committed at the end and rolled back on any error.

    It waits for SQLite's write lock at once: the time that is asked for inside is then that of the writing.
    """
    with Session(engine, expire_on_commit=False) as session:
        with session.begin():
            _advise(session.connection())
            yield session
        after_commit.tell(session)


@contextmanager
def reading(engine: Engine, most_seconds: float = 0) -> Iterator[Session]:
    """Open a transaction that only reads; the database stops a statement that takes longer, if a time is given."""
    with Session(engine, expire_on_commit=False) as session:
        _advise(session.connection(execution_options=READS | {"most_seconds": most_seconds}))
        yield session


def _advise(connection: Connection) -> None:
    """Keep PostgreSQL from sorting what an index gives in order.

    Its statistics know nothing of a burst that has just come in: where they say that nothing is open, it would
    go through all that is open, for each row, rather than take the index that is made for the question.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_sort = off")
