"""A receiver that answers at random, from a seed, and writes down what arrived and what it did about it."""

import random
from collections import Counter
from dataclasses import dataclass

from tests.chaos.plan import SEND_TIMEOUT
from tests.receiver import Answer, Got, Receiver, reset

OK, SLOW, TOO_SLOW, BUSY, RESET = "200", "slow 200", "200 too late", "503", "reset"
_ANSWERS = {
    OK: Answer(),
    SLOW: Answer(delay=0.3),
    TOO_SLOW: Answer(delay=SEND_TIMEOUT * 2),
    BUSY: Answer(503, b"busy"),
    RESET: Answer(act=reset),
}
_MOODS = [OK] * 66 + [SLOW] * 10 + [TOO_SLOW] * 2 + [BUSY] * 15 + [RESET] * 7
# what it has taken, whether its answer came through or not
TAKEN = frozenset({OK, SLOW, TOO_SLOW})


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request: whose, its attempt's number, and what was done about it."""

    uid: str
    attempt: int
    mood: str

    @property
    def taken(self) -> bool:
        return self.mood in TAKEN


class FlakyReceiver(Receiver):
    def __init__(self, seed: int, doomed: int) -> None:
        super().__init__()
        self.journal: list[Arrival] = []
        self._chance = random.Random(seed)
        self._share = doomed / 100
        self._doomed: dict[str, bool] = {}

    def _next(self, got: Got) -> Answer:
        uid, attempt = got.headers["webhook-id"], int(got.headers["X-Callout-Attempt"])
        with self._lock:
            mood = self._chance.choice(_MOODS)
            if self._doomed.setdefault(uid, self._chance.random() < self._share):
                mood = self._chance.choice((BUSY, RESET))
            self.journal.append(Arrival(uid, attempt, mood))
        return _ANSWERS[mood]

    def moods(self) -> Counter[str]:
        """How often it did what."""
        with self._lock:
            return Counter(each.mood for each in self.journal)
