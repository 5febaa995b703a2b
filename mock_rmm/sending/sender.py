"""Sends cases one after the other, and judges each."""

import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mock_rmm.sending import http
from mock_rmm.sending.explaining import Sent
from mock_rmm.sending.letter import Case, Keys, Letter, write
from mock_rmm.sending.outcome import Answered
from mock_rmm.sending.verdict import Policy, judge, kind_of


@dataclass(frozen=True)
class Sender:
    keys: Keys
    policy: Policy
    seconds: float
    """For one callout and its answer, all in all."""
    context: ssl.SSLContext = field(repr=False)
    clock: Callable[[], datetime]

    def letters(self, cases: Sequence[Case]) -> Iterator[Letter]:
        for case in cases:
            yield write(case, self.keys, self.clock())

    def send(self, letter: Letter) -> Sent:
        begun = time.monotonic()
        answer = http.send(letter.request, letter.headers, seconds=self.seconds, context=self.context)
        seconds, now = time.monotonic() - begun, self.clock()
        outcome = letter.veil(answer)
        fault = letter.case.pair.fault(outcome.body) if isinstance(outcome, Answered) else None
        return Sent(
            letter=letter,
            outcome=outcome,
            fault=fault,
            kind=kind_of(outcome, fault),
            verdict=judge(outcome, fault, letter.case.attempt, self.policy, now),
            seconds=seconds,
            at=now,
        )
