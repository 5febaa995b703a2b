"""Bulk jobs: many deliveries sent again, or cancelled, a batch at a time.

    open_job -> open -> done
                  `---> stopped    (by a person)

The row is the truth, and a worker that dies takes only its own batch back with it. Who works on a job holds its
row's lock, batch by batch; a batch moves deliveries, counts them and remembers its place in one transaction.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, Engine, exists, func, literal, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.db.sessions import reading, writing
from portal.delivery import outbox
from portal.delivery.selection import Selection, conditions, next_ids
from portal.models import BulkJob, Callout, Delivery
from portal.models.bulk import BULK_DONE, BULK_OPEN, BULK_STOPPED, CANCEL

_BATCH = 500
# then deliveries and mails have their turn on this worker
_SECONDS = 2.0
_OPEN_WRITTEN = literal(BULK_OPEN, literal_execute=True)

log = structlog.get_logger("bulk")


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a selection belong to one callout; ``callout`` is None where it has been deleted."""

    name: str
    callout: Callout | None
    count: int
    oldest: datetime
    newest: datetime


def shares(session: Session, wanted: Selection, until: datetime) -> list[Share]:
    """Count what a selection means, by callout, the most first."""
    # a deleted callout is known by what it was called
    name = func.coalesce(Callout.name, Delivery.callout_name)
    query = (
        select(
            Delivery.callout_id,
            name,
            func.count(),
            func.min(Delivery.created_at, type_=Delivery.created_at.type),
            func.max(Delivery.created_at, type_=Delivery.created_at.type),
        )
        .outerjoin(Callout, Callout.id == Delivery.callout_id)
        .where(*conditions(wanted, until))
        .group_by(Delivery.callout_id, name)
        .order_by(func.count().desc(), name)
    )
    return [
        Share(row[1], session.get(Callout, row[0]) if row[0] else None, row[2], row[3], row[4])
        for row in session.execute(query)
    ]


def open_job(
    session: Session, wanted: Selection, until: datetime, *, who: str, who_id: int | None, now: datetime
) -> BulkJob | None:
    """Write a job down; None if nothing is left for it. The caller commits, and then rings."""
    can_be_sent = [*conditions(wanted, until), Delivery.callout_id.is_not(None)]
    total = session.scalar(select(func.count()).select_from(Delivery).where(*can_be_sent)) or 0
    if not total:
        return None
    job = BulkJob(
        action=wanted.action,
        state=BULK_OPEN,
        selection=wanted.as_json(),
        until=until,
        total=total,
        created_at=now,
        created_by=who,
        created_by_id=who_id,
    )
    session.add(job)
    session.flush()
    return job


def stop(session: Session, job_id: int, who: str, now: datetime) -> bool:
    """Stop a job after its batch; what it has done stays. False if it has ended. The caller commits."""
    statement = (
        update(BulkJob)
        .where(BulkJob.id == job_id, BulkJob.state == BULK_OPEN)
        .values(state=BULK_STOPPED, ended_at=now, stopped_by=who)
    )
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount == 1


def any_open(engine: Engine) -> bool:
    with reading(engine) as session:
        return bool(session.scalar(select(exists().where(_is_open()))))


def work(engine: Engine, ring: Callable[[], object], stopping: Callable[[], bool]) -> bool:
    """Go on with the open jobs, the oldest first; return whether there may be more to do."""
    begun = time.monotonic()
    while not stopping() and time.monotonic() - begun < _SECONDS:
        with writing(engine) as session:
            job = _next_job(session)
            moved = _step(session, job, clock.now()) if job is not None else 0
        if job is None:
            return False
        if moved:
            ring()
        if job.state == BULK_DONE:
            log.info("bulk_done", job=job.id, action=job.action, changed=job.changed, total=job.total)
    return True


def _is_open() -> Any:
    # written out, and not bound, for the partial index
    return BulkJob.state == _OPEN_WRITTEN


def _next_job(session: Session) -> BulkJob | None:
    """Take the oldest open job that no other worker holds."""
    query = select(BulkJob).where(_is_open()).order_by(BulkJob.id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True))


def _step(session: Session, job: BulkJob, now: datetime) -> int:
    """Do one batch; return how many deliveries it moved. Those that have changed meanwhile are left."""
    wanted = Selection.from_json(job.selection)
    ids = list(session.scalars(next_ids(wanted, job.until, job.position, _BATCH)))
    if not ids:
        job.state, job.ended_at = BULK_DONE, now
        return 0
    which = [Delivery.id.in_(ids), *conditions(wanted, job.until)]
    if job.action == CANCEL:
        moved = outbox.cancel_all(session, which, job.created_by, now)
    else:
        moved = outbox.send_all_again(session, which, now)
    job.position = ids[-1]
    job.changed += moved
    return moved
