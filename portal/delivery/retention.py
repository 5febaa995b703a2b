"""Deletes what ended long ago: deliveries with their attempts, and mails. Tickets, notes and history stay.

A batch is small and a transaction of its own, so nobody waits long for it, and an interruption loses nothing:
the next run goes on. What is open is never touched, however old it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, Delete, Engine, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.db.sessions import reading, writing
from portal.models import Attempt, Delivery, Message
from portal.models.delivery import ENDED_STATES, is_open

# on SQLite, everybody else who writes waits for as long as a batch takes: some milliseconds
BATCH = 200


@dataclass(frozen=True, slots=True)
class Deleted:
    """``whole`` says whether nothing that is old enough was left."""

    deliveries: int = 0
    attempts: int = 0
    mails: int = 0
    whole: bool = True


def prune(engine: Engine, before: datetime, go_on: Callable[[], bool]) -> Deleted:
    """Delete what ended before a time, the oldest first. After each batch ``go_on()`` is asked, which may rest."""
    deliveries = attempts = mails = 0
    for state in ENDED_STATES:
        while True:
            with writing(engine) as session:
                ids = _locked(session, Delivery.id, _old(state, before), Delivery.ended_at)
                # its remarks go with an attempt
                attempts += _deleted(session, delete(Attempt).where(Attempt.delivery_id.in_(ids)))
                deliveries += _deleted(session, delete(Delivery).where(Delivery.id.in_(ids)))
            if not ids:
                break
            if not go_on():
                return Deleted(deliveries, attempts, mails, whole=False)
    while True:
        with writing(engine) as session:
            ids = _locked(session, Message.id, _old_mail(before), Message.created_at)
            mails += _deleted(session, delete(Message).where(Message.id.in_(ids)))
        if not ids:
            return Deleted(deliveries, attempts, mails)
        if not go_on():
            return Deleted(deliveries, attempts, mails, whole=False)


def count(engine: Engine, before: datetime) -> Deleted:
    """Count what ``prune`` would delete."""
    with reading(engine) as session:

        def count_of(model: type[Delivery] | type[Message], *where: ColumnElement[bool]) -> int:
            return session.scalar(select(func.count()).select_from(model).where(*where)) or 0

        deliveries = sum(count_of(Delivery, *_old(state, before)) for state in ENDED_STATES)
        tries = select(func.count()).select_from(Attempt).join(Delivery, Delivery.id == Attempt.delivery_id)
        attempts = sum(session.scalar(tries.where(*_old(state, before))) or 0 for state in ENDED_STATES)
        return Deleted(deliveries, attempts, count_of(Message, *_old_mail(before)))


def _old(state: str, before: datetime) -> tuple[ColumnElement[bool], ...]:
    # the second for SQLite to see that the index of what has ended serves
    return Delivery.state == state, Delivery.ended_at.is_not(None), Delivery.ended_at < before


def _old_mail(before: datetime) -> tuple[ColumnElement[bool], ...]:
    return ~is_open(Message), Message.created_at < before


def _locked(
    session: Session,
    row_id: InstrumentedAttribute[int],
    where: tuple[ColumnElement[bool], ...],
    moment: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
) -> list[int]:
    """Take the oldest rows. One that somebody is just sending again is left to them."""
    query = select(row_id).where(*where).order_by(moment, row_id).limit(BATCH)
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _deleted(session: Session, statement: Delete) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[tuple[int]]", result).rowcount
