"""What waits and what fails at this moment, by callout: counted in the database, for /metrics."""

from dataclasses import dataclass

from sqlalchemy import Engine, case, func, literal, select

from portal.db.sessions import reading
from portal.models import Callout, Delivery
from portal.models.delivery import WAITING


@dataclass(frozen=True, slots=True)
class Standing:
    """``resending`` are those of the waiting that were tried already."""

    callout_id: int
    name: str
    waiting: int
    resending: int
    failing: bool


def standings(engine: Engine) -> list[Standing]:
    """Give how every callout stands, in the order in which they were made."""
    tried = case((Delivery.attempt_count > Delivery.attempts_before, 1), else_=0)
    counts = (
        select(Delivery.callout_id, func.count().label("waiting"), func.sum(tried).label("resending"))
        .where(Delivery.state == literal(WAITING, literal_execute=True))
        .group_by(Delivery.callout_id)
        .subquery()
    )
    query = (
        select(Callout.id, Callout.name, counts.c.waiting, counts.c.resending, Callout.failing_since)
        .outerjoin(counts, counts.c.callout_id == Callout.id)
        .order_by(Callout.id)
    )
    with reading(engine) as session:
        return [
            Standing(row[0], row[1], row[2] or 0, int(row[3] or 0), row[4] is not None)
            for row in session.execute(query)
        ]
