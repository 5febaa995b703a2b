"""How callouts stand: what waits and what failed, counted for the dashboard and for /metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, case, func, literal, select
from sqlalchemy.orm import Session

from portal.delivery.due import TRIED
from portal.models import Callout, Delivery
from portal.models.delivery import DELIVERED, FAILED, WAITING, is_open


@dataclass(frozen=True, slots=True)
class Backlog:
    """What of a callout waits at this moment; ``resending`` are those of the waiting that were tried already."""

    callout_id: int
    name: str
    waiting: int
    resending: int
    failing: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A callout: what waits now, since when the oldest, and what ended in the period."""

    callout: Callout
    waiting: int
    oldest: datetime | None
    delivered: int
    failed: int


def backlogs(session: Session) -> list[Backlog]:
    """Count what waits of every callout, in the order in which they were made."""
    counts = (
        select(
            Delivery.callout_id,
            func.count().label("waiting"),
            func.sum(case((TRIED, 1), else_=0)).label("resending"),
        )
        .where(Delivery.state == literal(WAITING, literal_execute=True))
        .group_by(Delivery.callout_id)
        .subquery()
    )
    query = (
        select(Callout.id, Callout.name, counts.c.waiting, counts.c.resending, Callout.failing_since)
        .outerjoin(counts, counts.c.callout_id == Callout.id)
        .order_by(Callout.id)
    )
    return [
        Backlog(row[0], row[1], row[2] or 0, int(row[3] or 0), row[4] is not None)
        for row in session.execute(query)
    ]


def standings(session: Session, begin: datetime) -> list[Standing]:
    """Return how each callout stands; those in trouble and those with much waiting first."""
    open_rows = session.execute(
        select(Delivery.callout_id, func.count(), func.min(Delivery.id))
        .where(is_open(Delivery))
        .group_by(Delivery.callout_id)
    )
    waits = {callout_id: (count, first) for callout_id, count, first in open_rows}
    firsts = select(Delivery.id, Delivery.created_at).where(
        Delivery.id.in_([first for _, first in waits.values()])
    )
    since = {row.id: row.created_at for row in session.execute(firsts)}
    rows = session.execute(
        select(
            Callout,
            *(
                ended(state, begin).where(Delivery.callout_id == Callout.id).scalar_subquery()
                for state in (DELIVERED, FAILED)
            ),
        )
    )
    found = [
        Standing(callout, *_waiting_of(waits.get(callout.id), since), delivered, failed)
        for callout, delivered, failed in rows
    ]
    return sorted(
        found,
        key=lambda each: (each.callout.failing_since is None, -each.waiting, each.callout.name.casefold()),
    )


def _waiting_of(row: tuple[int, int] | None, since: Mapping[int, datetime]) -> tuple[int, datetime | None]:
    return (row[0], since.get(row[1])) if row else (0, None)


def ended(state: str, begin: datetime) -> Select[int]:
    """Select how many deliveries have ended in a state since ``begin``."""
    # the state is written out, and "is not null" said, for the partial indexes
    return (
        select(func.count())
        .select_from(Delivery)
        .where(
            Delivery.state == literal(state, literal_execute=True),
            Delivery.ended_at.is_not(None),
            Delivery.ended_at >= begin,
        )
    )
