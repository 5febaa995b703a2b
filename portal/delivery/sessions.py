"""Transactions of workers: short, outside any request, and with nothing expired behind their back."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.delivery import happened

# Taken up by portal.extensions: on SQLite such a transaction never waits for the write lock.
READS = {"reads": True}


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Open a transaction, committed at the end and rolled back on any error.

    It waits for SQLite's write lock at once: the time that is asked for inside is then that of the writing.
    """
    with Session(engine, expire_on_commit=False) as session:
        with session.begin():
            session.connection()
            yield session
        happened.tell(session)


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Open a transaction that only reads."""
    with Session(engine, expire_on_commit=False) as session:
        session.connection(execution_options=READS)
        yield session
