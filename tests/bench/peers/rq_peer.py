"""RQ, one job a delivery: `python -m tests.bench.peers.rq_peer fork|simple`. All modules are loaded beforehand."""

import os
import sys

from redis import Redis
from rq import Queue, SimpleWorker, Worker
from rq.serializers import JSONSerializer

from tests.bench.peers import work

QUEUE = "bench"


def enqueue(redis_url: str, jobs: list[tuple[object, ...]]) -> None:
    with Redis.from_url(redis_url) as redis:
        queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        queue.enqueue_many(
            [Queue.prepare_data(f"{work.__name__}.deliver", args=each, result_ttl=0) for each in jobs]
        )


def main() -> None:
    kind = SimpleWorker if sys.argv[1] == "simple" else Worker
    with Redis.from_url(os.environ["REDIS_URL"]) as redis:
        kind([QUEUE], connection=redis, serializer=JSONSerializer).work(logging_level="WARNING")


if __name__ == "__main__":
    main()
