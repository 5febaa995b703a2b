"""Celery, one task a delivery: a pool of threads in one process, nothing kept of results."""

import os

from celery import Celery

from tests.bench.peers import work

app = Celery(
    "bench", broker=os.environ.get("REDIS_URL", "").partition("?")[0].replace("unix://", "redis+socket://")
)
app.conf.update(
    task_ignore_result=True, worker_prefetch_multiplier=4, broker_connection_retry_on_startup=True
)
deliver = app.task(name="deliver")(work.deliver)


def enqueue(redis_url: str, jobs: list[tuple[object, ...]]) -> None:
    app.conf.broker_url = redis_url.partition("?")[0].replace("unix://", "redis+socket://")
    with app.producer_pool.acquire(block=True) as producer:
        for each in jobs:
            deliver.apply_async(each, producer=producer)
    app.close()
