"""The pool of idle connections, and what requests in flight show about each receiver's concurrency.

A receiver with one thread serves one connection for as long as it is open: its kernel accepts other connections,
but they get no answer. So an idle connection is closed after a moment, by a thread that runs while any is idle.
A request is seen to queue behind other connections if its own new connection has had no answer yet, while requests
that began later were answered on older connections. This does not happen where every answer is slow. A request that
is slow by itself is distinguished in two ways: receivers accept connections in order, so if a newer connection is
answered first, the older one is no longer queued; and a receiver that has answered on several open connections can
serve as many at once.
"""

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.http.connections import Connection, Origin

# Seconds. Short, since an idle connection blocks a receiver with one thread. And receivers close idle connections
# after some seconds, the busiest after two: a request that is in flight at that moment is lost.
_MAX_IDLE = 0.25
# A wait is long after so many seconds, or after this fraction (one third) of the request's total time.
_LONG, _LONG_PART = 1.0, 3
# An answer overtakes a waiting request that has waited this many times as long as the answer took. After so many
# overtakings per other connection it is no accident, and the receiver gets one connection.
_MARGIN, _ENOUGH_EVIDENCE = 1.5, 4
# Threads run in any order: only this many seconds apart was one connection surely made after another.
_SURELY_LATER = 0.5
_REMEMBERED = 600.0
# The thread that closes idle connections ends after so many checks without one: under load there is sometimes
# none, and starting a thread costs more than a check.
_IDLE_CHECKS = 20
_MAX_ORIGINS = 1000


@dataclass(slots=True, eq=False)
class Checkout:
    """A request in flight. It is ``new`` while its connection has had no answer, or is not made yet."""

    origin: Origin
    begun: float
    seconds: float
    connection: Connection | None = None
    new: bool = True
    # answers that overtook this request on older connections, and the highest number of such connections
    overtaken: int = 0
    peers: int = 0
    # a newer connection was answered first, so this request is not queued
    slow: bool = False
    # an answer before this time was being made when another connection was closed for this request
    served_until: float = -math.inf

    @property
    def connected_at(self) -> float:
        """When the receiver's kernel accepted its connection."""
        return self.connection.connected_at if self.connection else math.inf

    def seems_queued(self, now: float) -> bool:
        """Return whether it seems to be queued behind another connection, and has waited long."""
        if self.overtaken:
            return self.new and now - self.begun > _LONG
        return self.new and not self.slow and now - self.begun > self.seconds / _LONG_PART


@dataclass(slots=True, eq=False)
class _Receiver:
    idle: list[Connection] = field(default_factory=list)
    in_flight: set[Checkout] = field(default_factory=set)
    # the highest number of connections that were open and answered at once, and until when that counts
    concurrency: int = 1
    concurrency_until: float = -math.inf
    evidence: float = 0.0
    single_connection_until: float = -math.inf

    def observe(self, checkout: Checkout, *, reusable: bool, now: float) -> None:
        """Learn from an answer; its checkout is no longer in ``in_flight``."""
        waiting = [each for each in self.in_flight if each.new]
        served = len(self.idle) + len(self.in_flight) - len(waiting) + 1
        for each in waiting:
            if checkout.new:
                each.slow |= checkout.connected_at - each.connected_at > _SURELY_LATER
            elif now - each.begun > _MARGIN * (now - checkout.begun):
                each.overtaken += 1
                each.peers = max(each.peers, served)
        if not checkout.new:
            return
        served += sum(each.slow for each in waiting) + (now < checkout.served_until)
        # a receiver that closes after each answer blocks nobody
        self._observe_concurrency(served if reusable else max(served, len(self.in_flight) + 1), now)
        if (
            checkout.overtaken
            and not checkout.slow
            and checkout.seems_queued(now)
            and checkout.peers >= self.concurrency
        ):
            self.evidence += checkout.overtaken / checkout.peers
            if self.evidence >= _ENOUGH_EVIDENCE:
                self.evidence, self.single_connection_until = 0, now + _REMEMBERED

    def should_keep(self, checkout: Checkout, connection: Connection, now: float) -> bool:
        """Return whether a reusable connection goes back into the pool."""
        queueing = [each for each in self.in_flight if each.seems_queued(now)]
        for each in queueing:
            if not each.overtaken:
                each.served_until = now + (now - checkout.begun) / 2
        # other clients may wait, and only a receiver with a concurrency above one serves them meanwhile
        old = self.concurrency == 1 and now - connection.answering_since > _LONG
        return not (queueing or old or now < self.single_connection_until)

    def _observe_concurrency(self, count: int, now: float) -> None:
        if count > self.concurrency:
            self.evidence = 0
        if count >= self.concurrency or now > self.concurrency_until:
            self.concurrency, self.concurrency_until = count, now + _REMEMBERED


class ConnectionPool:
    """Idle connections by origin, the last used first; ``most`` of each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._receivers: dict[Origin, _Receiver] = {}
        self._closer: threading.Thread | None = None

    def acquire(self, origin: Origin, seconds: float) -> Checkout:
        """Check out for a request with a total time in seconds; ``release`` must follow.

        The checkout has an idle connection if there is one.
        """
        checkout = Checkout(origin, time.monotonic(), seconds)
        with self._lock:
            # moved to the end, so that the least recently used are evicted first
            receiver = self._receivers.pop(origin, None) or _Receiver()
            self._receivers[origin] = receiver
            receiver.in_flight.add(checkout)
            evicted = list(self._evicted())
        for each in evicted:
            each.close()
        while True:
            with self._lock:
                checkout.connection = receiver.idle.pop() if receiver.idle else None
                checkout.new = checkout.connection is None
            if checkout.connection is None or checkout.connection.is_usable(_MAX_IDLE):
                return checkout
            checkout.connection.close()

    def release(self, checkout: Checkout, *, answered: bool, reusable: bool = False) -> None:
        """End a request; its connection goes back into the pool or is closed."""
        now = time.monotonic()
        closed = [checkout.connection] if checkout.connection else []
        with self._lock:
            receiver = self._receivers[checkout.origin]
            receiver.in_flight.discard(checkout)
            if answered:
                receiver.observe(checkout, reusable=reusable, now=now)
            if checkout.connection and reusable and receiver.should_keep(checkout, checkout.connection, now):
                receiver.idle.append(checkout.connection)
                closed = [receiver.idle.pop(0)] if len(receiver.idle) > self._most else []
                self._start_closer()
        for each in closed:
            each.close()

    def max_connections(self, origin: Origin) -> int:
        """Return how many connections a receiver may have: one, or twice its observed concurrency."""
        with self._lock:
            receiver = self._receivers.get(origin) or _Receiver()
            return 1 if time.monotonic() < receiver.single_connection_until else 2 * receiver.concurrency

    def close(self) -> None:
        with self._lock:
            closed = [each for receiver in self._receivers.values() for each in receiver.idle]
            for receiver in self._receivers.values():
                receiver.idle.clear()
        for each in closed:
            each.close()

    def _evicted(self) -> Iterator[Connection]:
        while len(self._receivers) > _MAX_ORIGINS:
            origin = next((each for each, known in self._receivers.items() if not known.in_flight), None)
            if origin is None:
                return
            yield from self._receivers.pop(origin).idle

    def _start_closer(self) -> None:
        # a forked process has the thread's object, but not the thread
        if self._closer is None or not self._closer.is_alive():
            self._closer = threading.Thread(target=self._close_idle, name="close idle", daemon=True)
            self._closer.start()

    def _close_idle(self) -> None:
        """Close connections that were idle for long enough; end after some seconds without any."""
        checks = 0
        while True:
            now = time.monotonic()
            closed: list[Connection] = []
            with self._lock:
                for receiver in self._receivers.values():
                    while receiver.idle and receiver.idle[0].idle(now) >= _MAX_IDLE:
                        closed.append(receiver.idle.pop(0))
                longest = max(
                    (known.idle[0].idle(now) for known in self._receivers.values() if known.idle),
                    default=None,
                )
                checks = checks + 1 if longest is None else 0
                if checks == _IDLE_CHECKS:
                    self._closer = None
            for each in closed:
                each.close()
            if checks == _IDLE_CHECKS:
                return
            time.sleep(max(0.001, _MAX_IDLE - (longest or 0)))
