"""Two at once: what one does while another's transaction is still open."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from portal.db.engine import db
from tests.servers import wait_until

Result = TypeVar("Result")


def while_open(app: Flask, session: Session, other: Callable[[Session], Result]) -> Result:
    """Let ``other`` run in a session of its own until it waits for this one; then commit, and give its result."""

    def run() -> Result:
        with app.app_context():
            result = other(db.session())
            db.session.commit()
            return result

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        if db.engine.dialect.name == "postgresql":
            wait_until(lambda: running.done() or _somebody_waits(), what="the other one waits for a lock")
        assert not _early(running)
        session.commit()
        return running.result(30)


def _somebody_waits() -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with db.engine.connect() as connection:
        return bool(connection.scalar(text(query)))


def _early(running: "Future[Result]") -> bool:
    """Say whether it ended without waiting: then nothing raced."""
    return running.done() and running.exception() is None
