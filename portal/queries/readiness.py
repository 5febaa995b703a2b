"""Whether the portal can do its work: four checks, each with a sentence that holds nothing confidential.

Deliveries that are overdue while nothing is being sent show that no worker is at work.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, exists, literal, select
from sqlalchemy.exc import SQLAlchemyError

from portal import clock
from portal.db.sessions import reading
from portal.delivery import heartbeat
from portal.models import Delivery
from portal.models.delivery import SENDING, is_open
from portal.queries.deliveries import OVERDUE, oldest_due

_SECONDS = 3.0

T = TypeVar("T")
log = structlog.get_logger("readiness")


@dataclass(frozen=True, slots=True)
class Check:
    """``number`` is what was counted or measured, where there is something."""

    name: str
    ok: bool
    text: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database says: for how many seconds a delivery has been due, and whether any is being sent."""

    oldest_due: int
    sending: bool


def checks(engine: Engine, redis: Redis, look: "Look[Seen]", seconds: float = _SECONDS) -> list[Check]:
    """Check everything that the portal depends on; the database answers within ``seconds`` or counts as away."""
    seen = look.at(lambda: _see(engine), seconds)
    workers = _workers(redis)
    return [
        Check(
            "database",
            ok=seen is not None,
            text="The database answers." if seen else "The database does not answer.",
        ),
        Check(
            "redis",
            ok=workers is not None,
            text="Redis answers."
            if workers is not None
            else "Redis does not answer. Nothing is lost: workers find what is due by themselves, only later.",
        ),
        _check_of_workers(workers),
        _check_of_deliveries(seen),
    ]


class Look(Generic[T]):
    """Runs a function in a thread, with a time limit. One that hangs is waited for again; no second is started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: _Running[T] | None = None

    def at(self, do: Callable[[], T], seconds: float) -> T | None:
        """Return the result of ``do``; None if it fails or takes longer."""
        with self._lock:
            running = self._running
            if running is None or running.done.is_set():
                running = self._running = _Running(do)
        return running.result if running.done.wait(seconds) else None


class _Running(Generic[T]):
    def __init__(self, do: Callable[[], T]) -> None:
        self.done = threading.Event()
        self.result: T | None = None
        self._do = do
        # a daemon: a database that hangs must not hold up this process's end
        threading.Thread(target=self._run, name="readiness", daemon=True).start()

    def _run(self) -> None:
        try:
            self.result = self._do()
        except (SQLAlchemyError, OSError) as error:
            log.warning("database_check_failed", error=type(error).__name__)
        finally:
            self.done.set()


def _see(engine: Engine) -> Seen:
    now = int(clock.now().timestamp())
    sends = Delivery.state == literal(SENDING, literal_execute=True)
    with reading(engine) as session:
        earliest = oldest_due(session, now)
        sending = session.scalar(select(exists().where(sends, is_open(Delivery), Delivery.due_at > now)))
    return Seen(0 if earliest is None else now - earliest, bool(sending))


def _workers(redis: Redis) -> int | None:
    try:
        return heartbeat.alive(redis)
    except (RedisError, OSError) as error:
        log.warning("redis_check_failed", error=type(error).__name__)
        return None


def _check_of_workers(workers: int | None) -> Check:
    if workers is None:
        return Check("workers", ok=False, text="Unknown while Redis does not answer.")
    if not workers:
        return Check(
            "workers", ok=False, text="No worker is alive: start worker.py, or look at its log.", number=0
        )
    text = "1 worker process is alive." if workers == 1 else f"{workers} worker processes are alive."
    return Check("workers", ok=True, text=text, number=workers)


def _check_of_deliveries(seen: Seen | None) -> Check:
    if seen is None:
        return Check("deliveries", ok=False, text="Unknown while the database does not answer.")
    late = seen.oldest_due
    if late <= OVERDUE:
        return Check("deliveries", ok=True, text="What is due is sent at once.", number=late)
    if seen.sending:
        text = f"Sending is behind: the oldest delivery has been due for {late} s."
        return Check("deliveries", ok=True, text=text, number=late)
    text = f"Nothing is being sent, and the oldest delivery has been due for {late} s."
    return Check("deliveries", ok=False, text=text, number=late)
