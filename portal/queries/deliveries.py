"""What is read of deliveries in more than one place: their last attempts, their states, and what is overdue."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased, defer, joinedload, load_only

from portal.delivery.due import SENDABLE, TRIED, first_of_its_ticket
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import FAILED, OPEN_STATES, WAITING, is_open, of_callout

# what waits and was tried in this round already
RESENDING = "resending"
# what could be sent and has been due for more seconds is overdue
OVERDUE = 60
# of an attempt, all but both sides of it
SUMMARY = (
    Attempt.delivery_id,
    Attempt.number,
    Attempt.started_at,
    Attempt.duration_ms,
    Attempt.status,
    Attempt.status_reason,
    Attempt.error,
    Attempt.error_kind,
)


def narrowed(callout_id: int | None, state: str) -> Select[Delivery]:
    """Select the deliveries of a callout and a state (or ``RESENDING``), where they are asked for."""
    query = select(Delivery)
    if callout_id is not None:
        query = query.where(of_callout(callout_id, by_state=state in {*OPEN_STATES, RESENDING}))
    if state == RESENDING:
        return query.where(Delivery.state == WAITING, TRIED)
    return query.where(Delivery.state == state) if state else query


def by_ids(session: Session, ids: Sequence[int]) -> list[Delivery]:
    """Read deliveries for a list, in the order of ``ids``."""
    query = (
        select(Delivery)
        .where(Delivery.id.in_(ids))
        .options(joinedload(Delivery.ticket), joinedload(Delivery.callout), defer(Delivery.fields))
    )
    found = {each.id: each for each in session.scalars(query)}
    return [found[each] for each in ids if each in found]


def latest_failed(session: Session, most: int) -> list[Delivery]:
    """Read what failed last, the latest end first."""
    query = (
        select(Delivery)
        .where(Delivery.state == FAILED, Delivery.ended_at.is_not(None))
        .options(joinedload(Delivery.ticket), joinedload(Delivery.callout))
        .order_by(Delivery.ended_at.desc(), Delivery.id.desc())
        .limit(most)
    )
    return list(session.scalars(query))


def last_attempts(session: Session, deliveries: Sequence[Delivery]) -> dict[int, Attempt]:
    """Read the last recorded attempt of each delivery, without its bodies, by the deliveries' ids."""
    if not deliveries:
        return {}
    # while one is being sent, its attempt is counted and not yet recorded
    near = Attempt.number >= Delivery.attempt_count - 1
    query = (
        select(Attempt)
        .join(Delivery, (Delivery.id == Attempt.delivery_id) & near)
        .where(Attempt.delivery_id.in_([each.id for each in deliveries]))
        .options(load_only(*SUMMARY))
        .order_by(Attempt.number)
    )
    return {each.delivery_id: each for each in session.scalars(query)}


def blocked_by(session: Session, delivery: Delivery) -> int | None:
    """Find the delivery that this one waits for: those of a ticket to one callout are sent in their order."""
    if delivery.state != WAITING:
        return None
    query = select(func.min(Delivery.id)).where(
        Delivery.ticket_id == delivery.ticket_id,
        Delivery.callout_id == delivery.callout_id,
        is_open(Delivery),
        Delivery.id < delivery.id,
    )
    return session.scalar(query)


def is_overdue(delivery: Delivery, now: datetime) -> bool:
    """Return whether a delivery that could be sent is overdue."""
    return delivery.due_at < now.timestamp() - OVERDUE


def count_overdue(now: int) -> Select[int]:
    """Select how many deliveries are overdue.

    What waits for an earlier one of its ticket is not, and neither is what waits behind the probe of a
    receiver that keeps failing. What a dead worker holds is.
    """
    earlier = aliased(Delivery)
    behind = exists().where(
        earlier.ticket_id == Delivery.ticket_id,
        earlier.callout_id == Delivery.callout_id,
        is_open(earlier),
        earlier.id < Delivery.id,
    )
    meant = or_(Callout.failing_since.is_(None), TRIED)
    return (
        select(func.count())
        .select_from(Delivery)
        .join(Callout, Callout.id == Delivery.callout_id)
        .where(SENDABLE, meant, is_open(Delivery), Delivery.due_at <= now - OVERDUE, ~behind)
    )


def oldest_due(session: Session, now: int) -> int | None:
    """Find since when the oldest delivery that could be claimed has been due: one index probe a callout.

    A failing callout's are left out: they wait behind its probe.
    """
    first = (
        select(Delivery.due_at)
        .where(
            Delivery.callout_id == Callout.id,
            # the first for the partial index, the second for the meaning
            is_open(Delivery),
            Delivery.state == literal(WAITING, literal_execute=True),
            Delivery.due_at <= now,
            first_of_its_ticket(),
        )
        .order_by(Delivery.due_at)
        .limit(1)
        .scalar_subquery()
    )
    found = session.scalars(select(first).where(SENDABLE, Callout.failing_since.is_(None)))
    return min((each for each in found if each is not None), default=None)
