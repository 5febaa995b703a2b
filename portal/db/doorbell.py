"""The doorbell: "something is due". Losing it loses nothing, since the sweep looks without it.

It is rung once for many commits: a flag that is set only if it isn't, and that a drain clears *before*
it first looks. The flag expires after some seconds, in case the worker that should answer has died.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE: Final = "portal"
DRAIN_JOB: Final = "portal.jobs.drain"
MAIL_JOB: Final = "portal.jobs.send_mail"
BULK_JOB: Final = "portal.jobs.bulk"
RETENTION_JOB: Final = "portal.jobs.keep"
_FLAG: Final = "portal:bell"
_MAIL_FLAG: Final = "portal:bell:mail"
_BULK_FLAG: Final = "portal:bell:bulk"
_RETENTION_FLAG: Final = "portal:bell:keep"
_FLAG_SECONDS: Final = 5
# Retention runs once an hour, in one of all workers.
_RETENTION_SECONDS: Final = 3600
# A drain ends by itself long before; this only bounds one that hangs.
JOB_SECONDS: Final = 900
# After a failure, Redis is not asked again for this many seconds.
_PAUSE: Final = 3.0

T = TypeVar("T")
log = structlog.get_logger("doorbell")


class Doorbell:
    """Rings and answers, over one Redis connection pool.

    Nothing here raises while Redis is away: the rows are committed, and the sweep will find them.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        self._paused_until = 0.0

    def ring(self) -> bool:
        """Wake a worker; return whether the flag is set now."""
        return self.ask("ring", lambda: self._ring(_FLAG, DRAIN_JOB), otherwise=False)

    def ring_mail(self) -> None:
        """Wake a worker to send mails."""
        self.ask("ring_mail", lambda: self._ring(_MAIL_FLAG, MAIL_JOB), otherwise=False)

    def ring_bulk(self) -> None:
        """Wake a worker to continue bulk jobs."""
        self.ask("ring_bulk", lambda: self._ring(_BULK_FLAG, BULK_JOB), otherwise=False)

    def ring_retention(self) -> None:
        """Wake a worker to delete expired rows, unless one was woken within the hour."""
        self.ask(
            "ring_keep",
            lambda: self._ring(_RETENTION_FLAG, RETENTION_JOB, _RETENTION_SECONDS),
            otherwise=False,
        )

    def reschedule_retention(self) -> None:
        """Queue another retention job behind all waiting jobs, and restart the hour."""

        def schedule() -> None:
            self.redis.delete(_RETENTION_FLAG)
            self._ring(_RETENTION_FLAG, RETENTION_JOB, _RETENTION_SECONDS)

        self.ask("keep_on", schedule, otherwise=None)

    def is_up(self) -> bool:
        """Return whether a drain was rung for and none has answered yet."""
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
        """Clear the flag; return whether it was set. The caller must look for due work afterwards."""
        return self.ask("answer", lambda: bool(self.redis.delete(_FLAG)), otherwise=False)

    def answer_mail(self) -> None:
        self.ask("answer_mail", lambda: bool(self.redis.delete(_MAIL_FLAG)), otherwise=False)

    def answer_bulk(self) -> None:
        self.ask("answer_bulk", lambda: bool(self.redis.delete(_BULK_FLAG)), otherwise=False)

    def offer_handover(self, name: str) -> bool:
        """Ring so that another worker takes over; return whether the flag holds this worker's name now."""

        def put_name() -> bool:
            self._ring(_FLAG, DRAIN_JOB)
            return bool(self.redis.set(_FLAG, name, xx=True, ex=_FLAG_SECONDS))

        return self.ask("offer", put_name, otherwise=False)

    def renew_offer(self, name: str) -> bool:
        """Renew the flag with this name; False once another worker has answered it, or made its own offer."""

        def renew() -> bool:
            with self.redis.pipeline() as both:
                both.get(_FLAG)
                both.expire(_FLAG, _FLAG_SECONDS)
                return bool(both.execute()[0] == name.encode())

        return self.ask("hold", renew, otherwise=True)

    def _ring(self, flag: str, job: str, seconds: int = _FLAG_SECONDS) -> bool:
        if self.redis.set(flag, 1, nx=True, ex=seconds):
            self.queue.enqueue(job, job_timeout=JOB_SECONDS, result_ttl=0, failure_ttl=3600)
        return True

    def ask(self, doing: str, do: Callable[[], T], *, otherwise: T) -> T:
        """Call ``do``, which uses Redis; return ``otherwise`` while Redis is away."""
        # waiting for Redis holds up a request or a drain, so one wait is enough for a while
        if time.monotonic() < self._paused_until:
            return otherwise
        try:
            return do()
        except (RedisError, OSError) as error:
            self._paused_until = time.monotonic() + _PAUSE
            log.warning("bell_failed", doing=doing, error=str(error))
            return otherwise
