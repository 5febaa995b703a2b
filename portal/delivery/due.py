"""What is due, and what holds it back: conditions and queries that change nothing.

A delivery may be claimed when its time has come, no earlier one of its ticket to its callout is open, and
its callout is active and not paused. While the callout is failing, only resends go out, and now and then
one delivery that was not tried yet: the probe.

PostgreSQL knows nothing of a burst that has just come in, and turns EXISTS into joins that are quick for
the few open deliveries which it expects and take minutes for fifty thousand. So what is asked of each row
is written as a scalar query in an index's order with a limit: that is looked up row by row, in that index.
"""

from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from portal.models import Callout, Delivery
from portal.models.delivery import SENDING, WAITING, is_open

# Written out and not bound: only then does SQLite see that an index of resends serves.
_WAITS = Delivery.state == literal(WAITING, literal_execute=True)
_SENDS = Delivery.state == literal(SENDING, literal_execute=True)
# in this round
TRIED = Delivery.attempt_count > Delivery.attempts_before
_UNTRIED = Delivery.attempt_count == Delivery.attempts_before
# what the callout says of it
SENDABLE = and_(Callout.active, ~Callout.paused)
_FAILS = Callout.failing_since.is_not(None)


def due_callouts(session: Session, now: int) -> list[int]:
    """Give the callouts that have work which can be claimed now: an index probe or two for each."""
    return list(session.scalars(_due_callouts(), {"now": now}))


@cache
def _due_callouts() -> Select[int]:
    # once: to write it takes longer than to run it
    now: BindParameter[int] = bindparam("now")
    of_this = Delivery.callout_id == Callout.id
    anything = select(Delivery.id).where(of_this, is_open(Delivery), *_now_due(now))
    resend = select(Delivery.id).where(of_this, TRIED, *_now_due(now))
    query = select(Callout.id).where(
        SENDABLE,
        or_(
            and_(~_FAILS, _there_is(anything)),
            and_(_FAILS, _there_is(resend)),
            and_(_FAILS, Callout.probe_at <= now, _there_is(_new_due(now).where(of_this))),
        ),
    )
    return query.order_by(Callout.id)


def any_lapsed(session: Session, now: int, but: str = "") -> bool:
    """Say whether a lease has ended, so that its worker must be dead; ``but`` is whoever asks, and is not."""
    return bool(session.scalar(select(exists().where(_SENDS, Delivery.due_at <= now, Delivery.claim != but))))


def next_due(session: Session, now: int) -> int | None:
    """Give the next time after ``now`` at which a delivery or a probe is due (epoch seconds).

    What is due already and was not claimed waits for an earlier delivery of its ticket, or is at work.
    """
    deliveries = (
        select(func.min(Delivery.due_at))
        .join(Callout, Callout.id == Delivery.callout_id)
        .where(SENDABLE, is_open(Delivery), Delivery.due_at > now)
    )
    behind = _new_due(now).where(Delivery.callout_id == Callout.id).exists()
    probes = select(func.min(Callout.probe_at)).where(SENDABLE, _FAILS, Callout.probe_at > now, behind)
    found = [each for each in (session.scalar(deliveries), session.scalar(probes)) if each is not None]
    return min(found, default=None)


def claimable(callout_id: int, limit: int, now: int) -> Select[int]:
    """Write the query that locks what a callout which is not failing may send now."""
    goes = exists().where(Callout.id == callout_id, SENDABLE, ~_FAILS)
    # is_open() says nothing new: it is what lets the partial index serve
    return _locked(select(Delivery.id).where(is_open(Delivery), *_now_due(now), goes), callout_id, limit)


def resends(callout_id: int, limit: int, now: int) -> Select[int]:
    """Write the query that locks the resends which are due, whether or not the callout is failing."""
    goes = exists().where(Callout.id == callout_id, SENDABLE)
    return _locked(select(Delivery.id).where(TRIED, *_now_due(now), goes), callout_id, limit)


def probe(callout_id: int, now: int) -> Select[int]:
    """Write the query that locks the first of what waits behind a callout's probe."""
    return _locked(_new_due(now), callout_id, 1)


def may_probe(callout_id: int, now: int) -> Select[int]:
    """Write the query that locks a failing callout whose probe is due, unless another worker holds it."""
    behind = _new_due(now).where(Delivery.callout_id == callout_id).exists()
    return (
        select(Callout.id)
        .where(Callout.id == callout_id, SENDABLE, _FAILS, Callout.probe_at <= now, behind)
        .with_for_update(skip_locked=True, key_share=True)
    )


def is_tried_soon(session: Session, callout_id: int, now: int, seconds: int) -> bool:
    """Say whether a request to a callout is in the air, or a resend is due within so many seconds.

    What was not tried yet is due since it was written: all that comes later is one of these.
    """
    query = exists().where(
        Delivery.callout_id == callout_id,
        is_open(Delivery),
        Delivery.due_at > now,
        TRIED,
        or_(_SENDS, and_(Delivery.due_at <= now + seconds, first_of_its_ticket())),
    )
    return bool(session.scalar(select(query)))


def lapsed(limit: int, now: int, but: str = "") -> Select[Delivery, Callout]:
    """Write the query that locks deliveries whose lease has ended, with their callouts, but for one's own."""
    return (
        select(Delivery, Callout)
        .join(Callout, Callout.id == Delivery.callout_id)
        .where(_SENDS, Delivery.due_at <= now, Delivery.claim != but)
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def in_the_air(session: Session, callout_id: int, now: int) -> int:
    """Count a callout's requests that are in the air, by all workers."""
    query = select(func.count()).where(
        Delivery.callout_id == callout_id, is_open(Delivery), Delivery.due_at > now, _SENDS
    )
    return session.scalar(query) or 0


def first_of_its_ticket() -> ColumnElement[bool]:
    """No earlier change of the ticket is still on its way to this callout."""
    each = aliased(Delivery)
    first = (
        select(each.id)
        .where(
            each.ticket_id == Delivery.ticket_id,
            each.callout_id == Delivery.callout_id,
            is_open(each),
        )
        .order_by(each.id)
        .limit(1)
    )
    return Delivery.id == first.correlate(Delivery).scalar_subquery()


def _there_is(query: Select[int]) -> ColumnElement[bool]:
    found = query.order_by(Delivery.due_at).limit(1)
    return found.correlate(Callout).scalar_subquery().is_not(None)


def _now_due(now: int | BindParameter[int]) -> tuple[ColumnElement[bool], ...]:
    return _WAITS, Delivery.due_at <= now, first_of_its_ticket()


def _new_due(now: int | BindParameter[int]) -> Select[int]:
    return select(Delivery.id).where(is_open(Delivery), _UNTRIED, *_now_due(now))


def _locked(query: Select[int], callout_id: int, limit: int) -> Select[int]:
    return (
        query.where(Delivery.callout_id == callout_id)
        # and not by id too: the index gives the rows of a second as they came, and need not be sorted first
        .order_by(Delivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )
