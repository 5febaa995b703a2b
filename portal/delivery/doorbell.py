"""The doorbell: "something is due". Losing it loses nothing, since the sweep looks without it.

It is rung once for many commits: a flag that is set only if it isn't, and that a drain clears *before*
it first looks. The flag goes by itself after some seconds, in case whoever should answer has died.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

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
_FLAG: Final = "portal:bell"
_MAIL_FLAG: Final = "portal:bell:mail"
_FLAG_SECONDS: Final = 5
_RING: Final = "ring_after_commit"
# A drain ends by itself long before; this only bounds one that hangs.
JOB_SECONDS: Final = 900
# After Redis has refused once, this many seconds pass before anyone waits for it again.
_PAUSE: Final = 3.0

log = structlog.get_logger("doorbell")


class Doorbell:
    """Rings and answers, over one Redis connection pool."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        self._quiet_until = 0.0

    def ring(self) -> None:
        """Wake a worker. Never raises: the rows are committed, and the sweep will find them."""
        self._ring(_FLAG, DRAIN_JOB)

    def ring_mail(self) -> None:
        """Wake a worker to send mails."""
        self._ring(_MAIL_FLAG, MAIL_JOB)

    def _ring(self, flag: str, job: str) -> None:
        if time.monotonic() < self._quiet_until:
            return
        try:
            if self.redis.set(flag, 1, nx=True, ex=_FLAG_SECONDS):
                self.queue.enqueue(job, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600)
        except (RedisError, OSError) as error:
            self._quiet_until = time.monotonic() + _PAUSE
            log.warning("bell_not_rung", error=str(error))

    def ring_at(self, epoch: int) -> None:
        """Have RQ's scheduler wake a worker at an epoch second (it knows whole seconds only)."""
        job_id = f"portal-drain-at-{epoch}"
        try:
            # one job a second is enough, however many drains end meanwhile
            if self.redis.set(f"portal:bell:{job_id}", 1, nx=True, ex=max(1, epoch - int(time.time()) + 1)):
                self.queue.enqueue_at(
                    datetime.fromtimestamp(epoch, UTC), DRAIN_JOB, job_timeout=JOB_SECONDS, result_ttl=0
                )
        except (RedisError, OSError) as error:
            log.warning("bell_not_scheduled", error=str(error))

    def answer(self) -> bool:
        """Clear the flag; say whether it was up. Whoever answers must look for due work afterwards."""
        try:
            return bool(self.redis.delete(_FLAG))
        except (RedisError, OSError):
            return False

    def answer_mail(self) -> None:
        try:
            self.redis.delete(_MAIL_FLAG)
        except (RedisError, OSError):
            log.warning("bell_not_answered")

    def is_rung(self) -> bool:
        try:
            return bool(self.redis.exists(_FLAG))
        except (RedisError, OSError):
            return False


def ring_after_commit(session: Session) -> None:
    """Ring once this session's transaction has been committed; a roll-back forgets it."""
    session.info[_RING] = True


def ring_for(session_factory: Any, bell: Callable[[], None]) -> None:
    """Make a session factory ring ``bell()`` after each commit that asked for it."""

    def after_commit(session: Session) -> None:
        if session.info.pop(_RING, False):
            bell()

    def after_rollback(session: Session) -> None:
        session.info.pop(_RING, None)

    event.listen(session_factory, "after_commit", after_commit)
    event.listen(session_factory, "after_rollback", after_rollback)
