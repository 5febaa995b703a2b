"""The heartbeat of worker processes: Redis keeps each one's name up to a time, which the live ones extend.

RQ's own list is of no use: an idle worker says nothing for minutes, and a killed one stays on it as long. The
time is Redis's, so that clocks of machines don't matter.
"""

from collections.abc import Collection
from typing import Final

from redis import Redis

_KEY: Final = "portal:workers"


def beat(redis: Redis, names: Collection[str], seconds: int) -> None:
    """Note that these live, which holds for ``seconds``. Forgets those that have long been silent."""
    now = _now(redis)
    with redis.pipeline() as both:
        both.zremrangebyscore(_KEY, "-inf", now)
        if names:
            both.zadd(_KEY, dict.fromkeys(names, now + seconds))
        both.execute()


def leave(redis: Redis, names: Collection[str]) -> None:
    """Note that these have ended."""
    if names:
        redis.zrem(_KEY, *names)


def alive(redis: Redis) -> int:
    """Count the worker processes that live, on all machines."""
    return int(redis.zcount(_KEY, f"({_now(redis)}", "+inf"))


def _now(redis: Redis) -> int:
    seconds, _ = redis.time()
    return int(seconds)
