"""Which worker processes live: each is named in Redis up to a time, and named again while it lives.

RQ's own list does not tell: an idle worker says nothing for minutes, and a killed one stays on it as long. The
time is Redis's, so that clocks of machines don't matter.
"""

from collections.abc import Collection
from typing import Final

from redis import Redis

_KEY: Final = "portal:workers"


def beat(redis: Redis, names: Collection[str], seconds: int) -> None:
    """Say that these live, which holds for so many seconds. Forgets who has long been silent."""
    now = _now(redis)
    with redis.pipeline() as both:
        both.zremrangebyscore(_KEY, "-inf", now)
        if names:
            both.zadd(_KEY, dict.fromkeys(names, now + seconds))
        both.execute()


def leave(redis: Redis, names: Collection[str]) -> None:
    """Say that these have ended."""
    if names:
        redis.zrem(_KEY, *names)


def alive(redis: Redis) -> int:
    """Count the worker processes that live, on all machines."""
    return int(redis.zcount(_KEY, f"({_now(redis)}", "+inf"))


def _now(redis: Redis) -> int:
    seconds, _ = redis.time()
    return int(seconds)
