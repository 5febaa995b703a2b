"""Who may send how much at once, so that a slow or dead receiver never delays another's.

Each callout has a window of threads. It starts small, grows with each answer, and falls to one when the
receiver does not answer. Callouts that are slow share a small part of the threads. A receiver that answers
at once is given few threads, and work for each of them ahead. Who has the fewest threads comes first, and
then who has waited longest. Pure: the time is passed in. A process keeps one for all its drains, whose one
thread uses it.
"""

import math
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

_START, _MOST = 2, 24
_SLOW_AFTER = 2.0
_SLOW_SHARE = 4
# A receiver is quick while a request takes less than this, and what each further thread adds by its own work.
_QUICK, _QUICK_MORE = 0.004, 0.0005
# Threads for a quick receiver, and how many deliveries are claimed for each of them: what the database asks
# for a claim and for a commit is then shared by many.
_FEW, _AHEAD = 4, 64


@dataclass(slots=True)
class _Window:
    # answers in a row, as far as they widen anything
    trust: int = _START
    silent: bool = False
    # where it sends, and how many connections there may be to it
    place: Hashable = None
    connections: int = _MOST
    # how long a request takes, lately
    pace: float = math.inf
    quick: bool = False
    # the number of the last request that was begun
    turn: int = 0
    # when each request in the air was handed to a thread, in order
    started: dict[Hashable, float] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many threads may send at once."""
        return min(self.trust, self.connections, _FEW if self.quick else _MOST)

    @property
    def most(self) -> int:
        """How many deliveries may be claimed at once."""
        return self.width * self.trust if self.quick else self.width

    @property
    def threads(self) -> int:
        return min(len(self.started), self.width)


class Windows:
    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._windows: dict[int, _Window] = {}
        # those with something in the air: no more than there are threads, however many callouts there are
        self._busy: dict[int, _Window] = {}
        self._turns = 0

    @property
    def in_air(self) -> int:
        """How many threads are sending."""
        return sum(window.threads for window in self._busy.values())

    @property
    def free(self) -> int:
        return self._threads - self.in_air

    def start_over(self) -> None:
        """Forget what an earlier drain had in the air, and keep what was learnt of the receivers."""
        for window in self._busy.values():
            window.started.clear()
        self._busy.clear()

    def in_turn(self, callouts: Collection[int]) -> list[int]:
        """Give callouts in the order in which they may claim."""
        return sorted(callouts, key=lambda each: (self._window(each).threads, self._window(each).turn))

    def room(self, callout_id: int, now: float, *, among: int = 1) -> int:
        """Say how many more deliveries of a callout may be claimed now, if ``among`` are still to claim."""
        window = self._window(callout_id)
        if window.connections == 1 and any(
            each.place == window.place for each in self._busy.values() if each is not window
        ):
            return 0
        free = self.free
        share = min(free, max(1, free // among))
        if self._is_slow(window, now):
            slow = sum(each.threads for each in self._busy.values() if self._is_slow(each, now))
            share = min(share, max(1, self._threads // _SLOW_SHARE) - slow)
        threads = max(0, min(share, window.width - window.threads))
        if not window.quick:
            return threads
        room = window.most - len(window.started) if threads or window.started else 0
        # many at once: a claim costs the same for one and for fifty
        return room if room * 2 >= window.most else 0

    def know(self, callout_id: int, place: Hashable, connections: int) -> None:
        """Take note of a callout's receiver, and of how many connections to it there may be.

        Where it is one, that is one for all callouts that lead there.
        """
        window = self._window(callout_id)
        window.place, window.connections = place, connections

    def width(self, callout_id: int) -> int:
        """Say how many threads may send to a callout at once."""
        return self._window(callout_id).width

    def flights(self, callout_id: int) -> Collection[Hashable]:
        """Give what a callout has in the air."""
        return self._window(callout_id).started.keys()

    def begin(self, callout_id: int, delivery: Hashable, now: float) -> None:
        window = self._busy[callout_id] = self._window(callout_id)
        window.started[delivery] = now
        self._turns += 1
        window.turn = self._turns

    def end(self, callout_id: int, delivery: Hashable, *, answered: bool, seconds: float = math.inf) -> None:
        """Take note of an outcome: an answer, whatever it says, widens the window; silence closes it."""
        sending = self.in_air
        self.drop(callout_id, delivery)
        window = self._window(callout_id)
        window.pace = seconds if math.isinf(window.pace) else window.pace + (seconds - window.pace) / 8
        window.quick = window.pace < _QUICK + sending * _QUICK_MORE
        window.silent = not answered
        window.trust = min(_AHEAD, window.trust + 1) if answered else 1

    def drop(self, callout_id: int, delivery: Hashable) -> None:
        """Forget a delivery that was claimed and not sent."""
        window = self._window(callout_id)
        window.started.pop(delivery, None)
        if not window.started:
            self._busy.pop(callout_id, None)

    def _window(self, callout_id: int) -> _Window:
        return self._windows.setdefault(callout_id, _Window())

    @staticmethod
    def _is_slow(window: _Window, now: float) -> bool:
        oldest = next(iter(window.started.values()), now)
        return window.silent or now - oldest > _SLOW_AFTER
