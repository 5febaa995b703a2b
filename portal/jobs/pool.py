"""RQ's worker pool with its scheduler, on the one queue.

RQ trusts whoever writes to Redis: a job's record names what is imported and called, callbacks and web hooks
too, and its queues unpickle what they find. So here a record is read for the name of a job in ``jobs.JOBS``,
and refused if there is anything else in it.
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

# so many beats may be missed before a worker counts as dead
_BEATS_HOLD = 3
# What RQ keeps of a job's life, and what it writes beside that when a bell is rung: whatever else is in a record
# (callbacks, web hooks, dependencies, repeats and more) is a reason to refuse it.
_LIFE: Final = (
    "created_at",
    "enqueued_at",
    "started_at",
    "ended_at",
    "last_heartbeat",
    "worker_name",
    "status",
)
_RUNG: Final = {*_LIFE, "data", "description", "origin", "timeout", "result_ttl", "failure_ttl"}
# A job's call as RQ writes it, and how long one may be: a bell's is shorter.
_CALLS: Final = {json.dumps([name, None, [], {}]).encode() for name in jobs.JOBS}
_CALL_BYTES: Final = 1024

log = structlog.get_logger("worker")


class Bell(Job):
    """A job of which Redis gives the name and the dates, and nothing else.

    A record that is more or other than that counts as missing, which RQ passes over.
    """

    def __init__(self, id: str | None = None, connection: Redis | None = None, *_: Any, **__: Any) -> None:  # noqa: A002 - RQ's
        # whatever RQ asks for: its default unpickles
        super().__init__(id, connection, JSONSerializer)

    @property
    def func(self) -> Callable[[], None]:
        return jobs.JOBS[str(self.func_name)]

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, *_: Any, **__: Any) -> Job:  # noqa: A002 - RQ's
        """Read one. Raises NoSuchJobError, also for what is no bell."""
        try:
            return super().fetch(id, connection)
        except (ValueError, ResponseError) as error:
            # never what the record says, also not in an error's text: it is a stranger's
            log.warning("job_refused", job=id[:40], reason=type(error).__name__)
            raise NoSuchJobError("It is no bell.") from None

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
        """Take over what RQ knows of a job's life. Raises ValueError for what is no bell."""
        record = {key.decode(): value for key, value in raw_data.items()}
        record["data"] = _call(record.get("data", b""))
        if record["data"] not in _CALLS or any(record[key] for key in record.keys() - _RUNG):
            raise ValueError("It is no bell.")
        super().restore({key: record[key] for key in record.keys() & {*_LIFE, "data"}})
        self.origin, self.timeout, self.result_ttl, self.failure_ttl = QUEUE, JOB_SECONDS, 0, 3600


def _call(data: bytes) -> bytes:
    """Unpack a job's call, or as much of it as one of ours could have."""
    try:
        return zlib.decompressobj().decompress(data, _CALL_BYTES)
    except zlib.error:
        return data


class BellQueue(Queue):
    """A queue of bells. RQ's pool and maintenance make theirs without a serializer, which means pickles."""

    job_class = Bell

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"job_class": Bell, "serializer": JSONSerializer})


class DrainingWorker(SimpleWorker):
    """Does not fork for a job: a drain is long, and its threads do the sending. Tells it when to end."""

    # RQ would wait up to a minute after Redis has come back
    max_connection_wait_time = 5.0

    def handle_warm_shutdown_request(self) -> None:
        jobs.stopping.set()

    def run_maintenance_tasks(self) -> None:
        """Go on without: what a stranger has spoilt in Redis would end each worker as soon as it starts."""
        try:
            super().run_maintenance_tasks()  # type: ignore[no-untyped-call]
        except (RedisConnectionError, RedisTimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - RQ trusts what it reads
            log.warning("maintenance_failed", error=type(error).__name__)
            self.last_cleaned_at = utc_now()  # type: ignore[assignment]

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
        job_class=Bell,
        queue_class=BellQueue,
        serializer=JSONSerializer,
        doorbell=Doorbell(connect(settings.redis_url, socket_connect_timeout=1.0, socket_timeout=2.0)),
        every=settings.sweep_seconds,
    )
    pool.start(logging_level="WARNING")
    pool.say_farewell()
