"""The counters of /metrics, for all processes of all machines together: whole numbers in one Redis hash.

Each process collects its own and adds them from time to time, in one round trip. They are in Redis since a worker
may run on any machine, and end at any time. If Redis loses them, the counters restart at zero, which Prometheus
expects of counters; the database stays the truth.
"""

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Final

from portal.db.doorbell import Doorbell

_KEY: Final = "portal:metrics"
DELIVERIES: Final = "deliveries"
ATTEMPTS: Final = "attempts"
DURATION: Final = "attempt_ms"
QUEUE_AGE: Final = "queue_ms"
# histogram buckets: upper bounds in seconds, +Inf after the last
BOUNDS: Final[dict[str, tuple[float, ...]]] = {
    DURATION: (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0),
    QUEUE_AGE: (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
}
NO_STATUS: Final = "none"
_NO_CALLOUT: Final = 0

_lock = threading.Lock()
_counts: Counter[str] = Counter()
_flushed = [0.0]


def ended(outcome: str, callout_id: int | None) -> None:
    """Count a delivery that has ended."""
    _add({_field(DELIVERIES, outcome, callout_id or _NO_CALLOUT): 1})


def attempted(callout_id: int, status: int | None, error: str, seconds: float) -> None:
    """Count an attempt that was made, by the class of its status and of its error."""
    _add({attempt_field(callout_id, status, error): 1} | _observed(DURATION, seconds))


def lost(callout_id: int, error: str) -> None:
    """Count an attempt whose result is unknown: it has no duration."""
    _add({attempt_field(callout_id, None, error): 1})


def queued(seconds: float) -> None:
    """Count how long a delivery waited for its first attempt."""
    _add(_observed(QUEUE_AGE, max(0.0, seconds)))


def flush(doorbell: Doorbell, *, every: float = 0.0) -> None:
    """Add this process's counts to the shared ones. While Redis is away, they are kept."""
    with _lock:
        if time.monotonic() - _flushed[0] < every:
            return
        _flushed[0] = time.monotonic()
        counts = dict(_counts)
        _counts.clear()
    if not counts:
        return

    def add() -> bool:
        with doorbell.redis.pipeline() as transaction:
            for field, count in counts.items():
                transaction.hincrby(_KEY, field, count)
            transaction.execute()
        return True

    if not doorbell.ask("count", add, otherwise=False):
        _add(counts)


def read(doorbell: Doorbell) -> dict[tuple[str, ...], int] | None:
    """Return the counts of all processes, by the parts of each name; None while Redis is away."""
    found = doorbell.ask("read_counts", lambda: doorbell.redis.hgetall(_KEY), otherwise=None)
    if found is None:
        return None
    return {tuple(_text(field).split("|")): int(count) for field, count in found.items()}


def attempt_field(callout_id: int, status: int | None, error: str) -> str:
    return _field(ATTEMPTS, f"{status // 100}xx" if status else NO_STATUS, error, callout_id)


def _observed(name: str, seconds: float) -> dict[str, int]:
    place = bisect_left(BOUNDS[name], seconds)
    bound = str(BOUNDS[name][place]) if place < len(BOUNDS[name]) else "+Inf"
    return {_field(name, bound): 1, _field(name, "sum"): round(seconds * 1000)}


def _field(*parts: object) -> str:
    return "|".join(str(part) for part in parts)


def _text(field: bytes | str) -> str:
    return field.decode() if isinstance(field, bytes) else field


def _add(counts: Mapping[str, int]) -> None:
    with _lock:
        _counts.update(counts)
