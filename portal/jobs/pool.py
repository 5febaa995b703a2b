"""RQ's worker pool with its scheduler, on the one queue.

RQ trusts everyone who can write to Redis: a job's record names what is imported and called, including callbacks and
web hooks, and its queues unpickle what they find. So here a record may only name a job in ``jobs.JOBS``, and is
refused if it holds anything else.
"""

import gc
import json
import logging
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import structlog
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import now as utc_now
from rq.worker_pool import WorkerData, WorkerPool

from portal import jobs
from portal.db.doorbell import JOB_SECONDS, QUEUE, Doorbell
from portal.delivery import heartbeat
from portal.settings import Settings
from portal.settings.redis_server import connect

# heartbeats that a worker may miss before it counts as dead
_MISSED_HEARTBEATS = 3
# What RQ records about a job's progress, and what it writes when the doorbell is rung: a record with anything else
# (callbacks, web hooks, dependencies, repeats and more) is refused.
_PROGRESS: Final = (
    "created_at",
    "enqueued_at",
    "started_at",
    "ended_at",
    "last_heartbeat",
    "worker_name",
    "status",
)
_ALLOWED: Final = {*_PROGRESS, "data", "description", "origin", "timeout", "result_ttl", "failure_ttl"}
# The calls of the known jobs as RQ writes them, and the most bytes that are unpacked to compare.
_CALLS: Final = {json.dumps([name, None, [], {}]).encode() for name in jobs.JOBS}
_CALL_BYTES: Final = 1024

log = structlog.get_logger("worker")


class Bell(Job):
    """A job of which only the name and the dates are read from Redis.

    Any other record counts as missing, which RQ skips.
    """

    def __init__(self, id: str | None = None, connection: Redis | None = None, *_: Any, **__: Any) -> None:  # noqa: A002 - RQ's
        # not the serializer that RQ passes: its default unpickles
        super().__init__(id, connection, JSONSerializer)

    @property
    def func(self) -> Callable[[], None]:
        return jobs.JOBS[str(self.func_name)]

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, *_: Any, **__: Any) -> Job:  # noqa: A002 - RQ's
        """Read one. Raises NoSuchJobError, also for any other record."""
        try:
            return super().fetch(id, connection)
        except (ValueError, ResponseError) as error:
            # never the record's content, not even in an error's text: it is untrusted
            log.warning("job_refused", job=id[:40], reason=type(error).__name__)
            raise NoSuchJobError("The record is not a doorbell job.") from None

    @classmethod
    def fetch_many(cls, job_ids: Iterable[str], connection: Redis, *_: Any, **__: Any) -> list[Job | None]:
        return [cls._fetch_if_known(each, connection) for each in job_ids]

    @classmethod
    def _fetch_if_known(cls, job_id: str, connection: Redis) -> Job | None:
        try:
            return cls.fetch(job_id, connection)
        except NoSuchJobError:
            return None

    def restore(self, raw_data: Mapping[bytes, bytes]) -> None:
        """Restore a job's name and progress. Raises ValueError for any other record."""
        record = {key.decode(): value for key, value in raw_data.items()}
        record["data"] = _call(record.get("data", b""))
        if record["data"] not in _CALLS or any(record[key] for key in record.keys() - _ALLOWED):
            raise ValueError("The record is not a doorbell job.")
        super().restore({key: record[key] for key in record.keys() & {*_PROGRESS, "data"}})
        self.origin, self.timeout, self.result_ttl, self.failure_ttl = QUEUE, JOB_SECONDS, 0, 3600


def _call(data: bytes) -> bytes:
    """Decompress a job's call, up to the length that a known one can have."""
    try:
        return zlib.decompressobj().decompress(data, _CALL_BYTES)
    except zlib.error:
        return data


class BellQueue(Queue):
    """A queue of Bell jobs. RQ's pool and maintenance create queues without a serializer, which means pickle."""

    job_class = Bell

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"job_class": Bell, "serializer": JSONSerializer})


class DrainingWorker(SimpleWorker):
    """Does not fork for a job: a drain is long, and its threads send. Signals it when to end."""

    # RQ would wait up to a minute after Redis has come back
    max_connection_wait_time = 5.0

    def handle_warm_shutdown_request(self) -> None:
        jobs.stopping.set()

    def run_maintenance_tasks(self) -> None:
        """Ignore failures: corrupt records in Redis would end each worker as soon as it starts."""
        try:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        except (RedisConnectionError, RedisTimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - RQ trusts what it reads
            log.warning("maintenance_failed", error=type(error).__name__)
            self.last_cleaned_at = utc_now()  # type: ignore[assignment]

    def work(self, *args: Any, **options: Any) -> bool:
        """End the process at once afterwards: a thread with a silent receiver would delay the interpreter's exit."""
        code = 1
        # what was imported stays: the garbage collector need not scan it again and again
        gc.freeze()
        try:
            # the pool passes a level of its own to restarted workers
            super().work(*args, **options | {"logging_level": "WARNING"})
            code = 0
        except (RedisError, OSError) as error:
            log.warning("worker_lost_redis", error=str(error))
        except Exception:
            log.exception("worker_failed")
        finally:
            logging.shutdown()
            os._exit(code)


class HeartbeatPool(WorkerPool):
    """Writes heartbeats of its workers to Redis, for /readyz only."""

    def __init__(self, *args: Any, doorbell: Doorbell, every: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._doorbell = doorbell
        self._every = every
        self._next_beat = 0.0
        self._before: set[str] = set()

    def check_workers(self, respawn: bool = True) -> None:  # noqa: FBT001, FBT002 - RQ's
        self.reap_workers()  # type: ignore[no-untyped-call]
        # a new worker may end at once, and its successor too: only one that has lasted is counted
        names = {self._name(each) for each in self.worker_dict.values()}
        lasting, self._before = names & self._before, names
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + (self._every if lasting else 0.0)
            self._write(lambda redis: heartbeat.beat(redis, lasting, _MISSED_HEARTBEATS * self._every))
        super().check_workers(respawn)

    def remove_heartbeats(self) -> None:
        self._write(lambda redis: heartbeat.leave(redis, self._before))

    def _write(self, write: Callable[[Redis], None]) -> None:
        self._doorbell.ask("heartbeat", lambda: write(self._doorbell.redis), otherwise=None)

    @staticmethod
    def _name(worker: WorkerData) -> str:
        return f"{socket.gethostname()}:{worker.pid}:{worker.name[:8]}"


def serve(settings: Settings) -> None:
    """Run the worker processes until stopped. This process forks, so it runs no query itself."""
    pool = HeartbeatPool(
        [QUEUE],
        # a worker blocks on Redis for minutes, so its connection has no short time-out
        connection=connect(settings.redis_url),
        num_workers=settings.workers,
        worker_class=DrainingWorker,
        job_class=Bell,
        queue_class=BellQueue,
        serializer=JSONSerializer,
        doorbell=Doorbell(connect(settings.redis_url, socket_connect_timeout=1.0, socket_timeout=2.0)),
        every=settings.sweep_seconds,
    )
    pool.start(logging_level="WARNING")
    pool.remove_heartbeats()
