"""Where a drain's processor time goes: what each part of it takes, in the thread that does it."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch

from portal import jobs
from portal.delivery import attempts, circuit_breaker, drain, due, notifications, outbox
from portal.delivery.senders import Senders
from portal.http.client import Client
from tests.bench.ground import PLAIN, Ground, fill

# what is inside another part stands after it, and is taken off it
_PARTS: tuple[tuple[str, Any, str], ...] = (
    ("send the request and read the answer", Client, "send"),
    ("the rest of the threads that send", Senders, "_send"),
    ("render the request", drain, "prepare"),
    ("look for what is due", due, "due_callouts"),
    ("claim", outbox, "claim"),
    ("settle: states and attempts", outbox, "settle"),
    ("the attempt's columns", drain, "attempt_columns"),
    ("look after the circuit breaker", circuit_breaker, "note"),
    ("notify of endings", notifications, "notify"),
    ("log and count", attempts, "report"),
)
_OUTER = {"the rest of the threads that send": "send the request and read the answer"}
_WHOLE = "the whole drain"
_REST = "the rest of the drain: windows, hand-over, commits"


def profile(place: Ground, count: int) -> list[tuple[str, float]]:
    """Drain so many deliveries in this process; give microseconds of processor time a delivery, by part."""
    jobs.bind(place.app)
    fill(place, PLAIN, 100)
    jobs.drain()
    fill(place, PLAIN, count)
    spent: Counter[str] = Counter()
    with contextlib.ExitStack() as stack:
        for name, owner, function in (*_PARTS, (_WHOLE, drain.Drain, "run")):
            stack.enter_context(_timed(name, owner, function, spent))
        jobs.drain()
    for outer, inner in _OUTER.items():
        spent[outer] -= spent[inner]
    whole, senders = spent.pop(_WHOLE), sum(spent[name] for pair in _OUTER.items() for name in pair)
    spent[_REST] = whole - (spent.total() - senders)
    return [(name, seconds / count * 1e6) for name, seconds in spent.most_common()]


@contextlib.contextmanager
def _timed(name: str, owner: Any, function: str, spent: Counter[str]) -> Iterator[None]:
    original: Callable[..., Any] = getattr(owner, function)

    def timed(*args: Any, **options: Any) -> Any:
        begun = time.thread_time()
        try:
            return original(*args, **options)
        finally:
            spent[name] += time.thread_time() - begun

    with patch.object(owner, function, timed):
        yield
