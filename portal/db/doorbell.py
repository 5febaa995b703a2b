"""The doorbell: "something is due". Losing it loses nothing, since the sweep looks without it.

It is rung once for many commits: a flag that is set only if it isn't, and that a drain clears *before*
it first looks. The flag goes by itself after some seconds, in case whoever should answer has died.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import event
from sqlalchemy.orm import Session

QUEUE: Final = "portal"
DRAIN_JOB: Final = "portal.jobs.drain"
MAIL_JOB: Final = "portal.jobs.send_mail"
BULK_JOB: Final = "portal.jobs.bulk"
KEEP_JOB: Final = "portal.jobs.keep"
_FLAG: Final = "portal:bell"
_MAIL_FLAG: Final = "portal:bell:mail"
_BULK_FLAG: Final = "portal:bell:bulk"
_KEEP_FLAG: Final = "portal:bell:keep"
_FLAG_SECONDS: Final = 5
# What is old is looked for once an hour, by one worker of all.
_KEEP_SECONDS: Final = 3600
_RING: Final = "ring_after_commit"
# A drain ends by itself long before; this only bounds one that hangs.
JOB_SECONDS: Final = 900
# After Redis has refused once, this many seconds pass before anyone waits for it again.
_PAUSE: Final = 3.0

T = TypeVar("T")
log = structlog.get_logger("doorbell")


class Doorbell:
    """Rings and answers, over one Redis connection pool. Nothing here raises: the rows are committed, and the
    sweep will find them.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        self._quiet_until = 0.0

    def ring(self) -> bool:
        """Wake a worker; say whether the flag is up now."""
        return self.ask("ring", lambda: self._ring(_FLAG, DRAIN_JOB), otherwise=False)

    def ring_mail(self) -> None:
        """Wake a worker to send mails."""
        self.ask("ring_mail", lambda: self._ring(_MAIL_FLAG, MAIL_JOB), otherwise=False)

    def ring_bulk(self) -> None:
        """Wake a worker to go on with bulk jobs."""
        self.ask("ring_bulk", lambda: self._ring(_BULK_FLAG, BULK_JOB), otherwise=False)

    def ring_keep(self) -> None:
        """Wake a worker to delete what is old, unless one was woken within the hour."""
        self.ask("ring_keep", lambda: self._ring(_KEEP_FLAG, KEEP_JOB, _KEEP_SECONDS), otherwise=False)

    def keep_on(self) -> None:
        """Have what is old deleted further, behind all that waits; the hour begins anew."""

        def again() -> None:
            self.redis.delete(_KEEP_FLAG)
            self._ring(_KEEP_FLAG, KEEP_JOB, _KEEP_SECONDS)

        self.ask("keep_on", again, otherwise=None)

    def is_up(self) -> bool:
        """Say whether somebody has rung for a drain and none has answered yet."""
        return self.ask("is_up", lambda: bool(self.redis.exists(_FLAG)), otherwise=False)

    def ring_at(self, epoch: int) -> None:
        """Have RQ's scheduler wake a worker at an epoch second (it knows whole seconds only)."""

        def schedule() -> None:
            # one job a second is enough, however many drains end meanwhile
            lasts = max(1, epoch - int(time.time()) + 1)
            if self.redis.set(f"{_FLAG}:{epoch}", 1, nx=True, ex=lasts):
                self.queue.enqueue_at(
                    datetime.fromtimestamp(epoch, UTC), DRAIN_JOB, job_timeout=JOB_SECONDS, result_ttl=0
                )

        self.ask("ring_at", schedule, otherwise=None)

    def answer(self) -> bool:
        """Clear the flag; say whether it was up. Whoever answers must look for due work afterwards."""
        return self.ask("answer", lambda: bool(self.redis.delete(_FLAG)), otherwise=False)

    def answer_mail(self) -> None:
        self.ask("answer_mail", lambda: bool(self.redis.delete(_MAIL_FLAG)), otherwise=False)

    def answer_bulk(self) -> None:
        self.ask("answer_bulk", lambda: bool(self.redis.delete(_BULK_FLAG)), otherwise=False)

    def offer(self, name: str) -> bool:
        """Ring in order to be relieved; say whether the flag bears this name now."""

        def sign() -> bool:
            self._ring(_FLAG, DRAIN_JOB)
            return bool(self.redis.set(_FLAG, name, xx=True, ex=_FLAG_SECONDS))

        return self.ask("offer", sign, otherwise=False)

    def hold(self, name: str) -> bool:
        """Keep up the flag that bears this name; False once somebody has answered it, or offers too."""

        def keep() -> bool:
            with self.redis.pipeline() as both:
                both.get(_FLAG)
                both.expire(_FLAG, _FLAG_SECONDS)
                return bool(both.execute()[0] == name.encode())

        return self.ask("hold", keep, otherwise=True)

    def _ring(self, flag: str, job: str, seconds: int = _FLAG_SECONDS) -> bool:
        if self.redis.set(flag, 1, nx=True, ex=seconds):
            self.queue.enqueue(job, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600)
        return True

    def ask(self, doing: str, do: Callable[[], T], *, otherwise: T) -> T:
        """Do something with Redis, or give ``otherwise`` while it is away."""
        # who waits for Redis holds up a request or a drain, so one wait is enough for a while
        if time.monotonic() < self._quiet_until:
            return otherwise
        try:
            return do()
        except (RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + _PAUSE
            log.warning("bell_failed", doing=doing, error=str(error))
            return otherwise


def ring_after_commit(session: Session) -> None:
    """Ring once this session's transaction has been committed; a roll-back forgets it."""
    session.info[_RING] = True


def ring_for(session_factory: Any, bell: Callable[[], object]) -> None:
    """Make a session factory ring ``bell()`` after each commit that asked for it."""
    # the end of a savepoint commits nothing, and its roll-back leaves what was asked for before it

    def after_commit(session: Session) -> None:
        if not session.in_nested_transaction() and session.info.pop(_RING, False):
            bell()

    def after_rollback(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop(_RING, None)

    event.listen(session_factory, "after_commit", after_commit)
    event.listen(session_factory, "after_rollback", after_rollback)
