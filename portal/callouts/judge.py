"""What an outcome means for its delivery: pure, so that every case can be tested.

(outcome, target, attempt of this round, policy, now, chance) -> verdict, trouble and remarks
"""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import assert_never

from portal.callouts.advice import advice
from portal.callouts.formats import SENDABLE
from portal.callouts.redaction import Pattern, redact_text
from portal.core.callouts import RESEND_PASSING
from portal.core.verdicts import (
    Answered,
    Delivered,
    ErrorKind,
    GaveUp,
    Outcome,
    Policy,
    Reading,
    Refused,
    Remark,
    Trouble,
    TryAgain,
    Unreachable,
    Verdict,
    status_line,
)
from portal.core.wire import Fault, Target
from portal.http.urls import host_of

# Retry-After is believed up to a day: a receiver's slip must not park a delivery for years.
MAX_RETRY_AFTER = 86_400
_MAY_PASS = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of the delivery, what was wrong, and what was odd about an answer.

    ``asked_wait`` are the seconds for which the receiver asks to be left alone.
    """

    verdict: Verdict
    trouble: Trouble | None
    remarks: tuple[Remark, ...] = ()
    asked_wait: int = 0

    def redacted(self, patterns: Collection[Pattern]) -> "Judgement":
        """Redact its sentences: reading an answer may have put together what was written in pieces there."""
        if not patterns or not (self.trouble or self.remarks):
            return self
        found = self.trouble and replace(self.trouble, text=redact_text(self.trouble.text, patterns))
        remarks = tuple(replace(each, text=redact_text(each.text, patterns)) for each in self.remarks)
        return replace(self, trouble=found, remarks=remarks)


def judge(
    outcome: Outcome, target: Target, attempt: int, policy: Policy, now: datetime, chance: float = 0.0
) -> Judgement:
    """Read an outcome as the target's format does, and say what becomes of its delivery, and why."""
    reading = _read(outcome, target)
    found = trouble(outcome, reading.fault, _host(target.url))
    verdict = decide(outcome, found, attempt, policy, now, chance)
    if found:
        # an error says itself what is wrong, so of its body nothing is remarked
        remarks = outcome.remarks if isinstance(outcome, Answered) else ()
        return Judgement(verdict, found, remarks, asked_wait(outcome, now))
    # what is odd about the body comes first: a list shows one
    return Judgement(
        verdict, None, (*reading.remarks, *outcome.remarks) if isinstance(outcome, Answered) else ()
    )


def _read(outcome: Outcome, target: Target) -> Reading:
    data_format = SENDABLE.get(target.data_format)
    if data_format is None or not isinstance(outcome, Answered):
        return Reading()
    return data_format.read(outcome, target)


def _host(url: str) -> str:
    try:
        _, host, _ = host_of(url)
    except ValueError:
        return "the receiver"
    return host


def trouble(outcome: Outcome, meaning: Fault | None, host: str) -> Trouble | None:
    """Say what is wrong with an outcome, or None: a 2xx without a fault in the body is a success."""
    match outcome:
        case Unreachable(kind, text) | Refused(kind, text):
            return Trouble(kind, text)
        case Answered():
            return _trouble_in_answer(outcome, meaning, host)
        case _:
            assert_never(outcome)


def decide(
    outcome: Outcome, found: Trouble | None, attempt: int, policy: Policy, now: datetime, chance: float = 0.0
) -> Verdict:
    """Decide what becomes of a delivery after its ``attempt``-th try (1 is the first) of this round.

    ``chance``, from 0 up to 1, lengthens the pauses of a schedule that differ.
    """
    if found is None:
        return Delivered()
    if isinstance(outcome, Refused) or attempt > policy.resend_limit:
        return GaveUp()
    if policy.resend_after == RESEND_PASSING and not may_pass(outcome, found):
        return GaveUp()
    wait = max(policy.pause(attempt, chance), asked_wait(outcome, now))
    return TryAgain(math.ceil(now.timestamp() + wait))


def asked_wait(outcome: Outcome, now: datetime) -> int:
    """Give the seconds for which a receiver asks not to be asked again."""
    value = outcome.header("retry-after") if isinstance(outcome, Answered) else ""
    return retry_after(value, now) if value else 0


def retry_after(value: str, now: datetime) -> int:
    """Read a Retry-After header (RFC 9110, 10.2.3: seconds or a date); 0 if it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        # int() refuses thousands of digits, and ten of them are longer than a day already
        return min(int(value.lstrip("0")[:10] or 0), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0, math.ceil((moment - now).total_seconds())), MAX_RETRY_AFTER)


def may_pass(outcome: Outcome, found: Trouble) -> bool:
    """Say whether an error may pass by itself (reference, 4: no answer, 408, 425, 429, 5xx, faults)."""
    match outcome:
        case Unreachable():
            return True
        case Refused():
            return False
        case Answered(status):
            # 410 says itself that it will not pass, whatever fault stands in the body
            return status != HTTPStatus.GONE and (
                found.kind is ErrorKind.FAULT
                or status in _MAY_PASS
                or status >= HTTPStatus.INTERNAL_SERVER_ERROR
            )
        case _:
            assert_never(outcome)


def _trouble_in_answer(answer: Answered, meaning: Fault | None, host: str) -> Trouble | None:
    line = status_line(answer.status, answer.reason)
    if meaning is not None:
        how = "with a fault" if meaning.clear else "with a fault that can't be read well"
        return Trouble(ErrorKind.FAULT, f"{line} from {host}: the receiver answered {how}: {meaning.text}")
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    redirected = HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST
    kind = ErrorKind.REDIRECT if redirected else ErrorKind.HTTP
    said = advice(answer.status, answer.headers, answer.body)
    return Trouble(kind, f"{line} from {host}" + (f": {said}" if said else "."))
