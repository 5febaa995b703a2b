"""RQ's worker pool with its scheduler, on the one queue."""

import logging
import os
from typing import Any

import structlog
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker_pool import WorkerPool

from portal import jobs
from portal.config import Settings
from portal.delivery.doorbell import QUEUE
from portal.redis_server import connect

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


def serve(settings: Settings) -> None:
    """Run the worker processes until told to stop. This process forks, so it runs no query itself."""
    pool = WorkerPool(
        [QUEUE],
        # a worker blocks on Redis for minutes: unlike the bell's, its connection has no short time-out
        connection=connect(settings.redis_url),
        num_workers=settings.workers,
        worker_class=DrainingWorker,
        serializer=JSONSerializer,
    )
    pool.start(logging_level="WARNING")
