"""Rate limits for password attempts, counted before the check, so that parallel attempts can't evade them.

A bucket counts the attempts of one account, device or network. The first ones are free, then each doubles the wait for
the next, up to a limit; after some time an attempt is forgiven. A correct password is refunded. The counts are in
Redis, shared by all processes, and in this process while Redis is away: nobody is locked out because it is down.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError

_PREFIX = "portal:tries:"
# counts stop after so many doublings, so that an hour of attempts does not need a day to be forgiven
_DOUBLINGS = 9
_KNOWN_SECONDS = 30 * 86_400
_AWAY_SECONDS = 5.0
_MOST_KEPT = 10_000
# KEYS: the mark of a known caller, the bucket for known callers, the buckets for unknown ones.
# ARGV: doublings, then free attempts, longest wait, seconds until one is forgiven and first wait, for each bucket.
# Returns how long to wait in milliseconds, 0 if the attempt was counted, and whether the caller is known.
_COUNT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local known = redis.call('EXISTS', KEYS[1])
local first, last = 3, #KEYS
if known == 1 then first, last = 2, 2 end
local wait, counts, times = 0, {}, {}
for i = first, last do
  local at = 4 * (i - 2) + 2
  local longest, forgiven = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local kept = redis.call('HMGET', KEYS[i], 'count', 'at', 'next')
  local left = tonumber(kept[3] or 0) - now
  -- longer than the longest: the clock was set back
  if left > wait and left <= longest + 1 then wait = left end
  local since = tonumber(kept[2] or now)
  local over = math.max(0, math.floor((now - since) / forgiven))
  counts[i] = math.max(0, tonumber(kept[1] or 0) - over)
  times[i] = counts[i] > 0 and since + over * forgiven or now
end
if wait > 0 then return {math.ceil(wait * 1000), known} end
for i = first, last do
  local at = 4 * (i - 2) + 2
  local free, longest, forgiven = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local count = math.min(counts[i], free + ARGV[1]) + 1
  local next = 0
  if count >= free then next = now + math.min(longest, ARGV[at + 3] * 2 ^ (count - free)) end
  local at_text, next_text = string.format('%.3f', times[i]), string.format('%.3f', next)
  redis.call('HSET', KEYS[i], 'count', count, 'at', at_text, 'next', next_text)
  redis.call('EXPIRE', KEYS[i], math.ceil(count * forgiven + longest))
end
return {0, known}
"""
# KEYS: the buckets of a correct attempt.
_GIVE_BACK = """
for _, key in ipairs(KEYS) do
  if redis.call('EXISTS', key) == 1 then
    if redis.call('HINCRBY', key, 'count', -1) < 0 then redis.call('HSET', key, 'count', 0) end
    redis.call('HSET', key, 'next', 0)
  end
end
"""

log = structlog.get_logger("tries")


class TooManyAttempts(Exception):  # noqa: N818 - an answer to the caller, not an error
    """The attempt was not checked. The next one is possible after ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many tries; the next one in {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Bucket:
    """``free`` attempts cost no wait; it then grows from ``first`` to ``longest`` seconds.

    One attempt is forgiven every ``forgiven`` seconds.
    """

    key: str
    free: int
    longest: int
    forgiven: int
    first: int = 1


@dataclass(frozen=True, slots=True)
class Counted:
    """A counted attempt, and its buckets: only one if the caller is known."""

    buckets: Sequence[Bucket]
    mark: str


@dataclass(slots=True)
class _Kept:
    at: float
    count: int = 0
    next: float = 0.0


class RateLimiter:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._count = redis.register_script(_COUNT)
        self._give_back = redis.register_script(_GIVE_BACK)
        self._away_until = 0.0
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._marks: dict[str, float] = {}

    def count(self, unknown: Sequence[Bucket], known: Bucket | None = None, mark: str = "") -> Counted:
        """Count an attempt, or raise TooManyAttempts and count nothing.

        A caller with a ``mark`` (set by ``refund``) counts only in the bucket ``known``, so that unknown callers who
        try the same account don't lock them out.
        """
        known = known or unknown[0]
        buckets = [known, *unknown]
        keys = [_PREFIX + each for each in (f"mark:{mark}", *(bucket.key for bucket in buckets))]
        numbers = [number for each in buckets for number in _numbers(each)]
        found = self._ask(lambda: self._count(keys=keys, args=[_DOUBLINGS, *numbers]))
        wait, is_known = (
            self._count_here(buckets, mark) if found is None else (found[0] / 1000, bool(found[1]))
        )
        if wait > 0:
            raise TooManyAttempts(math.ceil(wait))
        return Counted([known] if is_known else unknown, mark)

    def refund(self, counted: Counted, *, correct: bool = True) -> None:
        """Undo an attempt that was not checked, or was ``correct``: then its caller is known for a month."""
        keys = [_PREFIX + each.key for each in counted.buckets]

        def give() -> bool:
            if correct and counted.mark:
                self.redis.set(f"{_PREFIX}mark:{counted.mark}", 1, ex=_KNOWN_SECONDS)
            self._give_back(keys=keys)
            return True

        self._ask(give)
        with self._lock:
            for each in counted.buckets:
                if kept := self._kept.get(each.key):
                    kept.count, kept.next = max(0, kept.count - 1), 0.0
            if correct and counted.mark:
                _make_room(self._marks)
                self._marks[counted.mark] = time.monotonic() + _KNOWN_SECONDS

    def _count_here(self, buckets: Sequence[Bucket], mark: str) -> tuple[float, bool]:
        """Do what the script does, with this process's own counts."""
        now = time.monotonic()
        with self._lock:
            known = self._marks.get(mark, 0.0) > now
            buckets = buckets[:1] if known else buckets[1:]
            kept = [self._kept.get(each.key) or _Kept(now) for each in buckets]
            wait = max(each.next - now for each in kept)
            if wait > 0:
                return wait, known
            for bucket, each in zip(buckets, kept, strict=True):
                forgiven = int((now - each.at) / bucket.forgiven)
                count = max(0, each.count - forgiven)
                each.at = each.at + forgiven * bucket.forgiven if count else now
                each.count = min(count, bucket.free + _DOUBLINGS) + 1
                over = each.count - bucket.free
                each.next = now + min(bucket.longest, bucket.first * 2**over) if over >= 0 else 0.0
                _make_room(self._kept)
                self._kept[bucket.key] = each
        return 0.0, known

    def _ask(self, ask: Callable[[], Any]) -> Any | None:
        """Call Redis; None while it is away, and for some seconds after a failure."""
        if time.monotonic() < self._away_until:
            return None
        try:
            return ask()
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + _AWAY_SECONDS
            log.warning("tries_counted_here", error=type(error).__name__)
            return None


def _numbers(bucket: Bucket) -> tuple[int, ...]:
    return bucket.free, bucket.longest, bucket.forgiven, bucket.first


def _make_room(kept: dict[str, Any]) -> None:
    """Forget the oldest entries beyond the limit."""
    while len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
