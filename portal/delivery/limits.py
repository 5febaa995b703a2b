"""A callout's own limits: parallel requests and deliveries a second, by all workers together.

What was used stands in the database, and who claims for a limited callout holds its row until the commit:
workers that know nothing of each other keep one limit. Callouts without limits pay nothing for it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.delivery import due
from portal.models import Callout

_SECOND = 1_000_000
# What may go out at once: a tenth of a second's worth, and a drain that is held up so looks more often.
_PARTS = 10


@dataclass(frozen=True, slots=True)
class Allowed:
    """How many may be claimed. ``paced`` says that more may be within a second."""

    room: int
    paced: bool = False


def allowed(session: Session, callout: Callout, room: int, now: datetime) -> Allowed:
    """Say how many of ``room`` the callout's limits allow. Its row is held until the caller's commit."""
    if callout.max_parallel is None and callout.max_per_second is None:
        return Allowed(room)
    lock = (
        select(Callout.paced_until)
        .where(Callout.id == callout.id)
        .with_for_update(skip_locked=True, key_share=True)
    )
    until = session.scalar(lock)
    if until is None:
        # another worker is claiming for it just now: what it leaves is to be had in a moment
        return Allowed(0, paced=True)
    if callout.max_parallel is not None:
        in_air = due.in_the_air(session, callout.id, int(now.timestamp()))
        room = max(0, min(room, callout.max_parallel - in_air))
    if callout.max_per_second is not None:
        slots = free_slots(until, callout.max_per_second, _micros(now))
        return Allowed(min(room, slots), paced=slots < room)
    return Allowed(room)


def spend(session: Session, callout: Callout, claimed: int, now: datetime) -> None:
    """Take note of what was claimed under ``allowed``, in its transaction."""
    if callout.max_per_second is None or not claimed:
        return
    stamp = _micros(now)
    until = session.scalar(select(Callout.paced_until).where(Callout.id == callout.id)) or 0
    begin = _since(until, callout.max_per_second, stamp)
    session.execute(
        update(Callout)
        .where(Callout.id == callout.id)
        .values(paced_until=begin + claimed * _SECOND // callout.max_per_second),
        execution_options={"synchronize_session": False},
    )


def free_slots(until: int, per_second: int, now: int) -> int:
    """Count what may go out now, if the time up to ``until`` is used. Both are microseconds.

    Each delivery uses a second's ``per_second``-th part; a tenth of a second may be used ahead.
    """
    ahead = _at_once(per_second) * _SECOND
    used = max(0, _since(until, per_second, now) - now) * per_second
    return max(0, (ahead - used) // _SECOND)


def _since(until: int, per_second: int, now: int) -> int:
    # time further ahead than can be used is a clock's that has been set back since
    most = now + _at_once(per_second) * _SECOND // per_second
    return now if until > most else max(until, now)


def _at_once(per_second: int) -> int:
    return -(-per_second // _PARTS)


def _micros(now: datetime) -> int:
    return round(now.timestamp() * _SECOND)
