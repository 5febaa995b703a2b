"""The threads that send: they do HTTP and nothing else, and none of them touches the database.

A receiver that answers at once is served best by a few threads that never wait for their next request: more
of them only fight for the interpreter. So deliveries are claimed ahead, and wait in their callout's line; a
thread goes on with its line until there is none left. When a receiver falls silent, what is still in its
line comes back unsent.
"""

import math
import queue
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from portal import clock
from portal.callouts.judge import Judgement
from portal.callouts.redaction import redact_outcome
from portal.core.verdicts import ErrorKind, Outcome, Unreachable
from portal.delivery.prepared import Prepared
from portal.http.client import Client

# Who waits for results records many at once: a commit costs as much as some requests.
_GATHER = 0.01
SEE_LOG = "Its log says more."

log = structlog.get_logger("drain")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a thread gives back, with no secret in it."""

    prepared: Prepared
    outcome: Outcome
    judgement: Judgement
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Unsent:
    """A request that no thread has taken up, and none will."""

    prepared: Prepared


@dataclass(slots=True)
class _Line:
    waiting: deque[Prepared] = field(default_factory=deque)
    threads: int = 0


class Senders:
    def __init__(self, client: Client, threads: int) -> None:
        self._client = client
        self._pool = ThreadPoolExecutor(threads, "send")
        self._lines: dict[int, _Line] = {}
        self._lock = threading.Lock()
        # not a SimpleQueue: its get() forgets its time-out when a signal's handler takes longer than that
        self._done: queue.Queue[Sent | Unsent] = queue.Queue()
        self._held_until = math.inf

    def add(self, callout_id: int, requests: Sequence[Prepared], width: int) -> None:
        """Send a callout's requests, by at most ``width`` threads at once."""
        for each in requests:
            if each.refused is not None:
                self._done.put(Sent(each, each.refused, each.judge(each.refused), clock.now(), 0.0))
        with self._lock:
            line = self._lines.setdefault(callout_id, _Line())
            line.waiting.extend(each for each in requests if each.refused is None)
            more = max(0, min(width - line.threads, len(line.waiting)))
            line.threads += more
        for _ in range(more):
            self._pool.submit(self._serve, line)

    def hold(self, until: float) -> None:
        """Say until when, by the monotonic clock, what was added is held; later, it comes back unsent.

        A process that was stopped for longer than its leases must not send what others have sent since.
        """
        self._held_until = until

    def results(self, seconds: float, enough: int) -> list[Sent | Unsent]:
        """Wait so long for a result; when there is one, a moment more until there are ``enough``."""
        batch: list[Sent | Unsent] = []
        try:
            batch.append(self._done.get(timeout=seconds))
            end = time.monotonic() + _GATHER
            while (left := end - time.monotonic()) > 0 and len(batch) < enough:
                batch.append(self._done.get(timeout=left))
            while True:
                batch.append(self._done.get_nowait())
        except queue.Empty:
            return batch

    def recall(self, callout_id: int | None = None) -> None:
        """Have what no thread has taken up yet come back unsent: one callout's, or all."""
        for each, line in list(self._lines.items()):
            if callout_id is None or each == callout_id:
                self._give_back(line)

    def close(self, *, wait: bool) -> None:
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _serve(self, line: _Line) -> None:
        most = math.inf
        while True:
            with self._lock:
                if not line.waiting or line.threads > most:
                    line.threads -= 1
                    return
                prepared = line.waiting.popleft()
            if time.monotonic() > self._held_until:
                self._done.put(Unsent(prepared))
                continue
            sent = self._send(prepared)
            if isinstance(sent.outcome, Unreachable):
                self._give_back(line)
            self._done.put(sent)
            # it may just have shown that it wants one connection
            _, most = self._client.connection_limit(prepared.request.url)

    def _send(self, prepared: Prepared) -> Sent:
        started_at, begun = clock.now(), time.monotonic()
        request, terms = prepared.request, prepared.terms
        try:
            outcome = self._client.send(request, dict(request.headers), terms.timeout)
            outcome = redact_outcome(outcome, terms.secrets.patterns)
            judgement = prepared.judge(outcome)
        except Exception:
            # a bug, but its lease must not be renewed for ever
            log.exception("send_failed", **prepared.claimed.ids())
            outcome = Unreachable(ErrorKind.PROTOCOL, f"The portal failed while sending. {SEE_LOG}")
            judgement = prepared.judge(outcome)
        return Sent(prepared, outcome, judgement, started_at, time.monotonic() - begun)

    def _give_back(self, line: _Line) -> None:
        with self._lock:
            requests = list(line.waiting)
            line.waiting.clear()
        for each in requests:
            self._done.put(Unsent(each))
