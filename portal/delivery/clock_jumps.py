"""The wall clock is set an hour forward or back: what is kept in epoch seconds is then read by another clock.

Forward, every lease seems to have ended at once. So a process that notices renews its own, and takes nothing
back for the length of a lease: by then, all that live have renewed theirs. Back, what waits would wait an
hour more. So what no clock of today can have asked for is due at once. A resend may come early then, which
is better than an hour late; it comes once.
"""

import math
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import CursorResult, Update, exists, update
from sqlalchemy.orm import Session

from portal import clock
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import SENDING, WAITING, is_open
from portal.notify import messages

# What is no jump: machines' clocks differ by this much, and a look takes a moment.
_TOLERANCE = 2.0


class ClockJumps:
    """Notices a jump by comparing the wall clock with the monotonic one, which nobody sets.

    A process keeps one for its life: whoever has just begun to look can't know.
    """

    def __init__(self) -> None:
        self._offset: float | None = None
        self._seen_at = -math.inf

    def look(self, wall: float, steady: float) -> float:
        """Give by how many seconds the clock was set since the last look; 0.0 if it wasn't."""
        offset = wall - steady
        before, self._offset = self._offset, offset
        if before is None or abs(offset - before) <= _TOLERANCE:
            return 0.0
        self._seen_at = steady
        return offset - before

    def settled(self, steady: float, lease_seconds: float) -> bool:
        """Say whether everybody who is alive has renewed leases since the last jump."""
        return steady - self._seen_at > lease_seconds


def look(jumps: ClockJumps) -> float:
    """Look at the machine's own clocks."""
    return jumps.look(clock.now().timestamp(), clock.steady())


def bring_forward(session: Session, now: int, *, lease_seconds: int, pause: int) -> int:
    """Make due what a clock that was ahead has put off, and give the number of rows. The caller commits.

    Doing it again changes nothing more, so every worker's supervisor may.
    """
    waits = (is_open(Delivery), Delivery.state == WAITING, Delivery.due_at > now)
    tried_later = exists().where(
        Attempt.delivery_id == Delivery.id,
        Attempt.number == Delivery.attempt_count,
        Attempt.started_at > datetime.fromtimestamp(now + _TOLERANCE, UTC),
    )
    return sum(
        _changed(session, statement)
        for statement in (
            # nothing in this round has asked to wait
            update(Delivery)
            .where(*waits, Delivery.attempt_count == Delivery.attempts_before)
            .values(due_at=now),
            # its last attempt lies in the future
            update(Delivery).where(*waits, tried_later).values(due_at=now),
            # who lives has this long to renew it, and who doesn't loses it then
            update(Delivery)
            .where(
                is_open(Delivery),
                Delivery.state == SENDING,
                Delivery.due_at > now + lease_seconds + _TOLERANCE,
            )
            .values(due_at=now + lease_seconds),
            update(Callout).where(Callout.probe_at > now + pause).values(probe_at=now),
            *messages.brought_forward(now),
        )
    )


def _changed(session: Session, statement: Update) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[tuple[int]]", result).rowcount
