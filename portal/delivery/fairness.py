"""Who may send how much at once, so that a slow or dead receiver never delays another's.

Each callout has a window of requests in the air. It starts small, grows with each answer, and falls to
one when the receiver does not answer. Callouts that are slow share a small part of the threads. Pure:
the time is passed in; one drain's thread uses it.
"""

from dataclasses import dataclass, field

_START, _MOST = 2, 24
_SLOW_AFTER = 2.0
_SLOW_SHARE = 4


@dataclass(slots=True)
class _Lane:
    window: int = _START
    silent: bool = False
    # when each request in the air was handed to a thread, in order
    started: dict[int, float] = field(default_factory=dict)


class Lanes:
    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lanes: dict[int, _Lane] = {}

    @property
    def in_air(self) -> int:
        return sum(len(lane.started) for lane in self._lanes.values())

    def room(self, callout_id: int, now: float) -> int:
        """Say how many more deliveries of a callout may be claimed now."""
        lane = self._lane(callout_id)
        free = self._threads - self.in_air
        if self._is_slow(lane, now):
            shared = max(1, self._threads // _SLOW_SHARE)
            slow = sum(len(each.started) for each in self._lanes.values() if self._is_slow(each, now))
            free = min(free, shared - slow)
        return max(0, min(free, lane.window - len(lane.started)))

    def begin(self, callout_id: int, delivery_id: int, now: float) -> None:
        self._lane(callout_id).started[delivery_id] = now

    def end(self, callout_id: int, delivery_id: int, *, answered: bool) -> None:
        """Take note of an outcome: an answer, whatever it says, widens the window; silence closes it."""
        lane = self._lane(callout_id)
        lane.started.pop(delivery_id, None)
        lane.silent = not answered
        lane.window = min(_MOST, lane.window + 1) if answered else 1

    def _lane(self, callout_id: int) -> _Lane:
        return self._lanes.setdefault(callout_id, _Lane())

    @staticmethod
    def _is_slow(lane: _Lane, now: float) -> bool:
        oldest = next(iter(lane.started.values()), now)
        return lane.silent or now - oldest > _SLOW_AFTER
