"""A worker: RQ's pool with its scheduler on one queue, supervised, and the sweep beside it.

    python worker.py            PORTAL_WORKERS processes, started again when one dies
    python worker.py --pool     the pool alone, without sweep (what the line above runs)

Start it on as many machines as needed. The sweep runs in each, so it hangs on no single process.
"""

import logging
import os
import sys
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

from portal import create_app, jobs
from portal.config import Settings, SettingsError
from portal.delivery.doorbell import QUEUE
from portal.logs import configure_logging
from portal.supervisor import Child, NotReady, Supervisor, die_with_parent

log = structlog.get_logger("worker")


# less than whoever supervises this process gives it
_STOP_SECONDS = 20.0


class DrainingWorker(SimpleWorker):
    """Does not fork for a job: a drain is long, and its threads do the sending. Tells it when to end."""

    # RQ would wait up to a minute after Redis has come back
    max_connection_wait_time = 5.0

    def handle_warm_shutdown_request(self) -> None:
        jobs.stopping.set()

    def work(self, *args: Any, **options: Any) -> bool:
        """End at once afterwards: a thread whose receiver is silent would hold up the interpreter's own end."""
        code = 1
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


def run_pool(settings: Settings) -> None:
    """Run the worker processes. This process forks, so it runs no query itself."""
    jobs.bind(create_app(settings))
    _let_forks_die_with_their_parents()
    pool = WorkerPool(
        [QUEUE],
        # a worker blocks on Redis for minutes: unlike the bell's, its connection has no short time-out
        connection=Redis.from_url(settings.redis_url),
        num_workers=settings.workers,
        worker_class=DrainingWorker,
        serializer=JSONSerializer,
    )
    pool.start(logging_level="WARNING")


def _let_forks_die_with_their_parents() -> None:
    """See to it that a killed pool leaves no worker, and a killed worker no scheduler."""
    parent = [os.getpid()]

    def before() -> None:
        parent[0] = os.getpid()

    os.register_at_fork(before=before, after_in_child=lambda: die_with_parent(parent[0]))


def run(settings: Settings) -> None:
    """Keep a pool running, and sweep."""
    supervisor = Supervisor(_STOP_SECONDS)
    try:
        supervisor.start([Child("worker pool", [sys.executable, __file__, "--pool"])])
        jobs.bind(create_app(settings))
        supervisor.watch(settings.sweep_seconds, _sweep)
    finally:
        supervisor.stop()


def _sweep() -> None:
    try:
        jobs.sweep()
    except Exception as error:  # noqa: BLE001 - whatever it is, the next sweep comes
        log.warning("sweep_failed", error=str(error))


def main() -> None:
    try:
        settings = Settings.from_env()
        configure_logging(settings.log_format)
        run_pool(settings) if "--pool" in sys.argv[1:] else run(settings)
    except (SettingsError, NotReady) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
