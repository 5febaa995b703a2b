"""Huey, one task a delivery: threads in one process, nothing kept of results."""

import os

from huey import RedisHuey

from tests.bench.peers import work


def _huey(url: str) -> RedisHuey:
    return RedisHuey("bench", results=False, url=url)


huey = _huey(os.environ.get("REDIS_URL", ""))
deliver = huey.task(name="deliver")(work.deliver)


def enqueue(redis_url: str, jobs: list[tuple[object, ...]]) -> None:
    theirs = _huey(redis_url)
    task = theirs.task(name="deliver")(work.deliver)
    for each in jobs:
        task(*each)
