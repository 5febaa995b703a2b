"""Dramatiq, one message a delivery: threads in one process."""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from tests.bench.peers import work

if url := os.environ.get("REDIS_URL"):
    dramatiq.set_broker(RedisBroker(url=url))
    deliver = dramatiq.actor(work.deliver, actor_name="deliver", max_retries=0)


def enqueue(redis_url: str, jobs: list[tuple[object, ...]]) -> None:
    broker = RedisBroker(url=redis_url)
    theirs = dramatiq.actor(work.deliver, actor_name="deliver", max_retries=0, broker=broker)
    for each in jobs:
        theirs.send(*each)
    broker.close()
