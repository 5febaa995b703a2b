"""A worker: RQ's pool with its scheduler on one queue, supervised, and the sweep beside it.

    python worker.py            PORTAL_WORKERS processes, started again when one dies
    python worker.py --pool     the pool alone, without sweep (what the line above runs)

Start it on as many machines as needed. The sweep runs in each, so it hangs on no single process.
"""

import os
import sys

import structlog
from redis import Redis
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

from portal import create_app, jobs
from portal.config import Settings, SettingsError
from portal.delivery.doorbell import QUEUE
from portal.logs import configure_logging
from portal.supervisor import Child, NotReady, Supervisor, die_with_parent

log = structlog.get_logger("worker")


class DrainingWorker(SimpleWorker):
    """Does not fork for a job: a drain is long, and its threads do the sending. Tells it when to end."""

    def handle_warm_shutdown_request(self) -> None:
        jobs.stopping.set()


def run_pool(settings: Settings) -> None:
    """Run the worker processes. This process forks, so it runs no query itself."""
    jobs.bind(create_app(settings))
    # a killed pool leaves no worker, and a killed worker no scheduler
    os.register_at_fork(after_in_child=die_with_parent)
    pool = WorkerPool(
        [QUEUE],
        # a worker blocks on Redis for minutes: unlike the bell's, its connection has no short time-out
        connection=Redis.from_url(settings.redis_url),
        num_workers=settings.workers,
        worker_class=DrainingWorker,
        serializer=JSONSerializer,
    )
    pool.start(logging_level="WARNING")


def run(settings: Settings) -> None:
    """Keep a pool running, and sweep."""
    jobs.bind(create_app(settings))
    supervisor = Supervisor()
    try:
        supervisor.start([Child("worker pool", [sys.executable, __file__, "--pool"])])
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
