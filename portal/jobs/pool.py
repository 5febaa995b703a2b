"""RQ's worker pool with its scheduler, on the one queue."""

import gc
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerData, WorkerPool

from portal import jobs
from portal.config import Settings
from portal.delivery import heartbeat
from portal.delivery.doorbell import QUEUE, Doorbell
from portal.redis_server import connect

# so many beats may be missed before a worker counts as dead
_BEATS_HOLD = 3

log = structlog.get_logger("worker")


class DrainingWorker(SimpleWorker):
    """Does not fork for a job: a drain is long, and its threads do the sending. Tells it when to end."""

    # RQ would wait up to a minute after Redis has come back
    max_connection_wait_time = 5.0

    def handle_warm_shutdown_request(self) -> None:
        jobs.stopping.set()

    def work(self, *args: Any, **options: Any) -> bool:
        """End at once afterwards: a thread whose receiver is silent would hold up the interpreter's own end."""
        code = 1
        # what was imported stays: the collector need not look through it again and again
        gc.freeze()
        try:
            # a pool starts its workers anew with a level of its own
            super().work(*args, **options | {"logging_level": "WARNING"})
            code = 0
        except (RedisError, OSError) as error:
            log.warning("worker_lost_redis", error=str(error))
        except Exception:
            log.exception("worker_failed")
        finally:
            logging.shutdown()
            os._exit(code)


class BeatingPool(WorkerPool):
    """Says in Redis which of its workers live: for /readyz, and nothing else hangs on it."""

    def __init__(self, *args: Any, doorbell: Doorbell, every: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._doorbell = doorbell
        self._every = every
        self._next_beat = 0.0
        self._before: set[str] = set()

    def check_workers(self, respawn: bool = True) -> None:  # noqa: FBT001, FBT002 - RQ's
        self.reap_workers()  # type: ignore[no-untyped-call]
        # one that is new may end at once, and its successor too: only who has lasted is counted
        names = {self._name(each) for each in self.worker_dict.values()}
        lasting, self._before = names & self._before, names
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + (self._every if lasting else 0.0)
            self._say(lambda redis: heartbeat.beat(redis, lasting, _BEATS_HOLD * self._every))
        super().check_workers(respawn)

    def say_farewell(self) -> None:
        self._say(lambda redis: heartbeat.leave(redis, self._before))

    def _say(self, say: Callable[[Redis], None]) -> None:
        self._doorbell.ask("heartbeat", lambda: say(self._doorbell.redis), otherwise=None)

    @staticmethod
    def _name(worker: WorkerData) -> str:
        return f"{socket.gethostname()}:{worker.pid}:{worker.name[:8]}"


def serve(settings: Settings) -> None:
    """Run the worker processes until told to stop. This process forks, so it runs no query itself."""
    pool = BeatingPool(
        [QUEUE],
        # a worker blocks on Redis for minutes: unlike the bell's, its connection has no short time-out
        connection=connect(settings.redis_url),
        num_workers=settings.workers,
        worker_class=DrainingWorker,
        serializer=JSONSerializer,
        doorbell=Doorbell(connect(settings.redis_url, socket_connect_timeout=1.0, socket_timeout=2.0)),
        every=settings.sweep_seconds,
    )
    pool.start(logging_level="WARNING")
    pool.say_farewell()
