"""Who may send how much at once, so that a slow or dead receiver never delays another's.

Each callout has a window of requests in the air. It starts small, grows with each answer, and falls to
one when the receiver does not answer. Callouts that are slow share a small part of the threads. Who has
the fewest requests in the air comes first, and then who has waited longest. Pure: the time is passed
in. A process keeps one for all its drains, whose one thread uses it.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

_START, _MOST = 2, 24
_SLOW_AFTER = 2.0
_SLOW_SHARE = 4


@dataclass(slots=True)
class _Lane:
    window: int = _START
    silent: bool = False
    # the number of the last request that was begun
    turn: int = 0
    # when each request in the air was handed to a thread, in order
    started: dict[Hashable, float] = field(default_factory=dict)


class Lanes:
    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lanes: dict[int, _Lane] = {}
        # those with something in the air: no more than there are threads, however many callouts there are
        self._busy: dict[int, _Lane] = {}
        self._turns = 0

    @property
    def in_air(self) -> int:
        return sum(len(lane.started) for lane in self._busy.values())

    @property
    def free(self) -> int:
        return self._threads - self.in_air

    def start_over(self) -> None:
        """Forget what an earlier drain had in the air, and keep what was learnt of the receivers."""
        for lane in self._busy.values():
            lane.started.clear()
        self._busy.clear()

    def in_turn(self, callouts: Collection[int]) -> list[int]:
        """Give callouts in the order in which they may claim."""
        return sorted(callouts, key=lambda each: (len(self._lane(each).started), self._lane(each).turn))

    def room(self, callout_id: int, now: float, *, among: int = 1) -> int:
        """Say how many more deliveries of a callout may be claimed now, if ``among`` are still to claim."""
        lane = self._lane(callout_id)
        free = self.free
        share = min(free, max(1, free // among))
        if self._is_slow(lane, now):
            slow = sum(len(each.started) for each in self._busy.values() if self._is_slow(each, now))
            share = min(share, max(1, self._threads // _SLOW_SHARE) - slow)
        return max(0, min(share, lane.window - len(lane.started)))

    def flights(self, callout_id: int) -> Collection[Hashable]:
        """Give what a callout has in the air."""
        return self._lane(callout_id).started.keys()

    def begin(self, callout_id: int, delivery: Hashable, now: float) -> None:
        lane = self._busy[callout_id] = self._lane(callout_id)
        lane.started[delivery] = now
        self._turns += 1
        lane.turn = self._turns

    def end(self, callout_id: int, delivery: Hashable, *, answered: bool) -> None:
        """Take note of an outcome: an answer, whatever it says, widens the window; silence closes it."""
        lane = self._lane(callout_id)
        lane.started.pop(delivery, None)
        if not lane.started:
            self._busy.pop(callout_id, None)
        lane.silent = not answered
        lane.window = min(_MOST, lane.window + 1) if answered else 1

    def _lane(self, callout_id: int) -> _Lane:
        return self._lanes.setdefault(callout_id, _Lane())

    @staticmethod
    def _is_slow(lane: _Lane, now: float) -> bool:
        oldest = next(iter(lane.started.values()), now)
        return lane.silent or now - oldest > _SLOW_AFTER
