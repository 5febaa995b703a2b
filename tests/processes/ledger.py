"""Counts deliveries on both sides: in the database, and in the receiver's own journal."""

from collections import Counter

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.db.engine import db
from portal.models import Attempt, Delivery
from tests.receiver import Receiver
from tests.servers import wait_until


def states() -> dict[str, int]:
    """How many deliveries are in each state."""
    with Session(db.engine) as fresh:
        rows = fresh.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
        return dict(tuple(row) for row in rows)


def delivered(count: int) -> None:
    """Wait until so many deliveries are delivered, and there are no others."""
    wait_until(lambda: states() == {"delivered": count}, what=f"{count} are delivered")


def attempts() -> list[tuple[int, str]]:
    """Every attempt's number and kind of error, in the order in which they were recorded."""
    with Session(db.engine) as fresh:
        rows = fresh.execute(select(Attempt.number, Attempt.error_kind).order_by(Attempt.id))
        return [(number, kind) for number, kind in rows]


def ids(receiver: Receiver) -> Counter[str]:
    """How often each webhook-id arrived."""
    return Counter(got.headers["webhook-id"] for got in list(receiver.got))
