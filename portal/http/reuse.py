"""Connections between two requests, and what they show of a receiver.

A receiver with one thread serves one connection for as long as that is open: whoever else connects is let in
by its system, and gets no answer. So an idle connection is closed at once, by a thread that runs while
something is kept. That one connection waits behind others shows while requests are sent: it has not had an
answer yet, and requests that were sent later than its own were answered on connections that have. This does
not happen where every answer takes long; one that is slow by itself is told from it by two things. Receivers
take connections in order, so if one that was made later is answered first, the other is no longer queueing.
And a receiver that has answered on so many connections, all open, has room for that many.
"""

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.http.connections import Connection, Place

# Short, since it keeps others from a receiver with one thread. And receivers close what was idle for some
# seconds, the busiest after two: a request that is just then on its way is lost.
_MOST_IDLE = 0.25
# A connection waits long after this many seconds, or this part of all the time that its request has.
_LONG, _LONG_PART = 1.0, 3
# An answer went before a waiting one that has waited so much longer than it took. So many on each of the other
# connections are no accident; then the receiver gets one connection.
_MARGIN, _PROOF = 1.5, 4
# Threads run in any order: one connection was made after another if so many seconds lie between.
_SURELY_LATER = 0.5
_REMEMBERED = 600.0
# The thread that closes idle connections ends after so many looks without one: under load there is none now and
# then, and to start a thread costs more than a look.
_LOOKS = 20
_MOST_PLACES = 1000


@dataclass(slots=True, eq=False)
class Turn:
    """A request on its way. It is ``new`` while its connection has had no answer, or does not stand yet."""

    place: Place
    begun: float
    seconds: float
    connection: Connection | None = None
    new: bool = True
    # answers that went before, on connections that had had one, and the most of these that stood
    overtaken: int = 0
    behind: int = 0
    # a newer connection was answered first
    slow: bool = False
    # an answer before this moment was in the making when another connection was closed for it
    served_until: float = -math.inf

    @property
    def made_at(self) -> float:
        """When its connection was let in by the receiver's system."""
        return self.connection.made_at if self.connection else math.inf

    def queues(self, now: float) -> bool:
        """Say whether it seems to wait for the end of another connection, and has waited long."""
        if self.overtaken:
            return self.new and now - self.begun > _LONG
        return self.new and not self.slow and now - self.begun > self.seconds / _LONG_PART


@dataclass(slots=True, eq=False)
class _Receiver:
    idle: list[Connection] = field(default_factory=list)
    turns: set[Turn] = field(default_factory=set)
    # the most connections that all had an answer and stood at once, and until when that is believed
    at_once: int = 1
    believed_until: float = -math.inf
    proof: float = 0.0
    single_until: float = -math.inf

    def learn(self, turn: Turn, *, kept: bool, now: float) -> None:
        """Take note of an answer; its turn is no longer among ``turns``."""
        waiting = [each for each in self.turns if each.new]
        served = len(self.idle) + len(self.turns) - len(waiting) + 1
        for each in waiting:
            if turn.new:
                each.slow |= turn.made_at - each.made_at > _SURELY_LATER
            elif now - each.begun > _MARGIN * (now - turn.begun):
                each.overtaken += 1
                each.behind = max(each.behind, served)
        if not turn.new:
            return
        served += sum(each.slow for each in waiting) + (now < turn.served_until)
        # a receiver that hangs up after each answer holds nobody up
        self._served(served if kept else max(served, len(self.turns) + 1), now)
        if turn.overtaken and not turn.slow and turn.queues(now) and turn.behind >= self.at_once:
            self.proof += turn.overtaken / turn.behind
            if self.proof >= _PROOF:
                self.proof, self.single_until = 0, now + _REMEMBERED

    def keeps(self, turn: Turn, connection: Connection, now: float) -> bool:
        """Say whether a connection that could carry another request is kept for it."""
        queueing = [each for each in self.turns if each.queues(now)]
        for each in queueing:
            if not each.overtaken:
                each.served_until = now + (now - turn.begun) / 2
        # others than we may wait, and only a receiver that has shown room for more than one lets them in
        old = self.at_once == 1 and now - connection.answering_since > _LONG
        return not (queueing or old or now < self.single_until)

    def _served(self, count: int, now: float) -> None:
        if count > self.at_once:
            self.proof = 0
        if count >= self.at_once or now > self.believed_until:
            self.at_once, self.believed_until = count, now + _REMEMBERED


class Kept:
    """Connections that wait for their next request, the last used first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._receivers: dict[Place, _Receiver] = {}
        self._closer: threading.Thread | None = None

    def begin(self, place: Place, seconds: float) -> Turn:
        """Begin a request that has so many seconds, on a kept connection if there is one; ``end`` must follow."""
        turn = Turn(place, time.monotonic(), seconds)
        with self._lock:
            # the last used at the end, so that the others are the first to be forgotten
            receiver = self._receivers.pop(place, None) or _Receiver()
            self._receivers[place] = receiver
            receiver.turns.add(turn)
            superfluous = list(self._forgotten())
        for each in superfluous:
            each.close()
        while True:
            with self._lock:
                turn.connection = receiver.idle.pop() if receiver.idle else None
                turn.new = turn.connection is None
            if turn.connection is None or turn.connection.is_usable(_MOST_IDLE):
                return turn
            turn.connection.close()

    def end(self, turn: Turn, *, answered: bool, usable: bool = False) -> None:
        """End a request; its connection is kept or closed."""
        now = time.monotonic()
        closed = [turn.connection] if turn.connection else []
        with self._lock:
            receiver = self._receivers[turn.place]
            receiver.turns.discard(turn)
            if answered:
                receiver.learn(turn, kept=usable, now=now)
            if turn.connection and usable and receiver.keeps(turn, turn.connection, now):
                receiver.idle.append(turn.connection)
                closed = [receiver.idle.pop(0)] if len(receiver.idle) > self._most else []
                self._have_closer()
        for each in closed:
            each.close()

    def most(self, place: Place) -> int:
        """Say how many connections a receiver may be given: one, or twice what it was seen to serve at once."""
        with self._lock:
            receiver = self._receivers.get(place) or _Receiver()
            return 1 if time.monotonic() < receiver.single_until else 2 * receiver.at_once

    def close(self) -> None:
        with self._lock:
            closed = [each for receiver in self._receivers.values() for each in receiver.idle]
            for receiver in self._receivers.values():
                receiver.idle.clear()
        for each in closed:
            each.close()

    def _forgotten(self) -> Iterator[Connection]:
        while len(self._receivers) > _MOST_PLACES:
            place = next((each for each, known in self._receivers.items() if not known.turns), None)
            if place is None:
                return
            yield from self._receivers.pop(place).idle

    def _have_closer(self) -> None:
        # a process that was forked off has the thread's object, and not the thread
        if self._closer is None or not self._closer.is_alive():
            self._closer = threading.Thread(target=self._close_idle, name="close idle", daemon=True)
            self._closer.start()

    def _close_idle(self) -> None:
        """Close what was idle for long enough, until nothing is kept for some seconds."""
        looks = 0
        while True:
            now = time.monotonic()
            closed: list[Connection] = []
            with self._lock:
                for receiver in self._receivers.values():
                    while receiver.idle and receiver.idle[0].idle(now) >= _MOST_IDLE:
                        closed.append(receiver.idle.pop(0))
                longest = max(
                    (known.idle[0].idle(now) for known in self._receivers.values() if known.idle),
                    default=None,
                )
                looks = looks + 1 if longest is None else 0
                if looks == _LOOKS:
                    self._closer = None
            for each in closed:
                each.close()
            if looks == _LOOKS:
                return
            time.sleep(max(0.001, _MOST_IDLE - (longest or 0)))
