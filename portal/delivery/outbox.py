"""The only code that changes a delivery's state.

    enqueue -> waiting -> sending -> delivered
                  ^          |-----> failed
                  |          `-----> waiting   (again, later)
                  |-- cancelled      (by a person, while waiting)
    skipped  -----'                  (its callout was inactive; "send again" sends it)

Each change is one conditional UPDATE, and its row count is believed. ``due_at`` (epoch seconds) is the
next time anyone need look at a row: now for a new one, the resend's time, or the end of a lease. Every
function works in the caller's transaction; the caller commits, and then the bell is rung.
"""

import json
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, CursorResult, Select, Update, case, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from portal.core.eastern import round_trip
from portal.core.verdicts import Delivered, ErrorKind, GaveUp, TryAgain, Verdict
from portal.core.wire import Fields
from portal.delivery import doorbell
from portal.models import Attempt, Callout, Delivery, PicklistValue, Ticket
from portal.models.delivery import (
    CANCELLED,
    DELIVERED,
    ENDED_STATES,
    FAILED,
    SENDING,
    SKIPPED,
    WAITING,
    is_open,
)

_LOST = (
    "The worker that sent this ended before it could record the answer. The receiver may have got it; "
    "the webhook-id tells it apart from a new one."
)
_NO_SYNC = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery whose lease this process holds. ``round_attempt`` counts from 1 since the last "send again"."""

    id: int
    uid: str
    callout_id: int
    fields: str
    attempt: int
    round_attempt: int
    ticket_id: int
    created_at: datetime


def enqueue(
    session: Session, callout: Callout, ticket: Ticket, *, rule_name: str, domain: str, now: datetime
) -> None:
    """Write a delivery beside the ticket's change, unless the callout's UDF is empty on this ticket.

    The seven values are those of this moment. For an inactive callout it is kept as skipped.
    """
    udf = next((each.value for each in ticket.udf_values if each.udf_id == callout.udf_id), "")
    if callout.udf_id is not None and not udf.strip():
        return
    status = session.scalar(select(PicklistValue.label).filter_by(list_name="status", value=ticket.status))
    values = Fields(
        id=str(ticket.id),
        number=ticket.number,
        status=status or str(ticket.status),
        created_datetime=round_trip(ticket.created_at),
        last_activity_datetime=round_trip(ticket.last_activity_at),
        domain=domain,
        udf=udf,
    )
    session.add(
        Delivery(
            uid=f"msg_{uuid.uuid4().hex}",
            callout_id=callout.id,
            callout_name=callout.name,
            ticket_id=ticket.id,
            rule_name=rule_name,
            state=WAITING if callout.active else SKIPPED,
            reason="" if callout.active else "The callout was inactive when the rule fired.",
            fields=json.dumps(values.as_dict(), ensure_ascii=True),
            due_at=int(now.timestamp()),
            created_at=now,
            ended_at=None if callout.active else now,
        )
    )
    session.flush()
    doorbell.ring_after_commit(session)


def due_callouts(session: Session, now: int) -> list[int]:
    """Give the active callouts that have work which can be claimed now: one index probe for each."""
    due = exists().where(
        Delivery.callout_id == Callout.id,
        is_open(Delivery),
        Delivery.due_at <= now,
        _first_of_its_ticket(),
    )
    return list(session.scalars(select(Callout.id).where(Callout.active, due).order_by(Callout.id)))


def claim(
    session: Session, callout_id: int, limit: int, token: str, *, now: int, lease_seconds: int
) -> list[Claimed]:
    """Take up to ``limit`` due deliveries of a callout: due, and with no earlier open one of its ticket."""
    picked = _due(callout_id, limit, now, WAITING).cte("picked")
    statement = (
        update(Delivery)
        .where(Delivery.id == picked.c.id)
        .values(
            state=SENDING,
            claim=token,
            due_at=now + lease_seconds,
            attempts=Delivery.attempts + 1,
        )
        .returning(
            Delivery.id,
            Delivery.uid,
            Delivery.fields,
            Delivery.attempts,
            Delivery.attempts - Delivery.attempts_before,
            Delivery.ticket_id,
            Delivery.created_at,
        )
    )
    rows = session.execute(statement, execution_options=_NO_SYNC).all()
    claimed = [Claimed(row[0], row[1], callout_id, *row[2:]) for row in rows]
    return sorted(claimed, key=lambda each: each.id)


def take_back(
    session: Session, callout_id: int, limit: int, *, now: datetime, resend_limit: int
) -> list[int]:
    """Take deliveries from dead workers, whose lease has ended: at once due again, or given up.

    The attempt that nobody saw the end of counts, so a delivery that kills workers can't loop. Gives the
    ids of those that were given up.
    """
    stamp = int(now.timestamp())
    picked = _due(callout_id, limit, stamp, SENDING).cte("picked")
    last = Delivery.attempts - Delivery.attempts_before > resend_limit
    statement = (
        update(Delivery)
        .where(Delivery.id == picked.c.id)
        .values(
            state=case((last, FAILED), else_=WAITING),
            claim=None,
            due_at=stamp,
            ended_at=case((last, now), else_=None),
        )
        .returning(Delivery.id, Delivery.attempts, Delivery.state)
    )
    rows = session.execute(statement, execution_options=_NO_SYNC).all()
    lost = {"started_at": now, "duration_ms": 0, "error_kind": ErrorKind.LOST.value, "error": _LOST}
    _write_attempts(session, [{**lost, "delivery_id": row.id, "number": row.attempts} for row in rows])
    return [row.id for row in rows if row.state == FAILED]


def renew(session: Session, token: str, ids: Collection[int], due_at: int) -> None:
    """Extend this process's leases: a lease ends only for a dead worker, however slow a receiver is."""
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.claim == token, Delivery.state == SENDING)
        .values(due_at=due_at),
        execution_options=_NO_SYNC,
    )


def settle(
    session: Session, token: str, verdicts: Sequence[tuple[int, Verdict, dict[str, object]]], now: datetime
) -> set[int]:
    """Record what came of attempts: (delivery id, verdict, attempt's columns). Give the ids that held.

    A result whose claim is stale (the lease ended, somebody else took the row) changes nothing.
    """
    held: set[int] = set()
    delivered = [each[0] for each in verdicts if isinstance(each[1], Delivered)]
    failed = [each[0] for each in verdicts if isinstance(each[1], GaveUp)]
    held |= _move(session, token, delivered, state=DELIVERED, ended_at=now)
    held |= _move(session, token, failed, state=FAILED, ended_at=now)
    later: dict[int, list[int]] = {}
    for delivery_id, verdict, _ in verdicts:
        if isinstance(verdict, TryAgain):
            later.setdefault(verdict.at, []).append(delivery_id)
    for due_at, ids in later.items():
        held |= _move(session, token, ids, state=WAITING, due_at=due_at)
    _write_attempts(session, [columns for delivery_id, _, columns in verdicts if delivery_id in held])
    return held


def send_again(session: Session, delivery_id: int, now: datetime) -> bool:
    """Start a new round for an ended delivery, with the same values and webhook-id. False if it isn't one."""
    return send_all_again(session, [Delivery.id == delivery_id], now) == 1


def send_all_again(session: Session, which: Iterable[ColumnElement[bool]], now: datetime) -> int:
    """Do so with all that these conditions mean; give how many it were."""
    statement = (
        update(Delivery)
        .where(*which, Delivery.state.in_(ENDED_STATES), Delivery.callout_id.is_not(None))
        .values(
            state=WAITING,
            due_at=int(now.timestamp()),
            attempts_before=Delivery.attempts,
            ended_at=None,
            reason="",
        )
    )
    doorbell.ring_after_commit(session)
    return _changed(session, statement)


def cancel(session: Session, delivery_id: int, who: str, now: datetime) -> bool:
    """Cancel a waiting delivery. False if it is not waiting (any more)."""
    return cancel_all(session, [Delivery.id == delivery_id], who, now) == 1


def cancel_all(session: Session, which: Iterable[ColumnElement[bool]], who: str, now: datetime) -> int:
    """Cancel all that these conditions mean and that waits; give how many it were."""
    statement = (
        update(Delivery)
        .where(*which, Delivery.state == WAITING)
        .values(state=CANCELLED, ended_at=now, reason=f"Cancelled by {who}.")
    )
    doorbell.ring_after_commit(session)  # the ticket's next delivery may have waited for this one
    return _changed(session, statement)


def cancel_of_callout(session: Session, callout_id: int, who: str, now: datetime) -> int:
    """Cancel everything that waits for a callout which is about to be deleted."""
    statement = (
        update(Delivery)
        .where(Delivery.callout_id == callout_id, is_open(Delivery))
        .values(state=CANCELLED, claim=None, ended_at=now, reason=f"Cancelled: {who} deleted the callout.")
    )
    return _changed(session, statement)


def next_due(session: Session, now: int) -> int | None:
    """Give the next time after ``now`` at which a delivery of an active callout is due (epoch seconds).

    What is due already and was not claimed waits for an earlier delivery of its ticket, or is at work.
    """
    query = (
        select(func.min(Delivery.due_at))
        .join(Callout, Callout.id == Delivery.callout_id)
        .where(Callout.active, is_open(Delivery), Delivery.due_at > now)
    )
    return session.scalar(query)


def _first_of_its_ticket() -> ColumnElement[bool]:
    """No earlier change of the ticket is still on its way to this callout."""
    earlier = aliased(Delivery)
    return ~exists().where(
        earlier.ticket_id == Delivery.ticket_id,
        earlier.callout_id == Delivery.callout_id,
        is_open(earlier),
        earlier.id < Delivery.id,
    )


def _due(callout_id: int, limit: int, now: int, state: str) -> Select[int]:
    return (
        select(Delivery.id)
        .where(
            Delivery.callout_id == callout_id,
            # both: the first for the partial index, the second for the meaning
            is_open(Delivery),
            Delivery.state == state,
            Delivery.due_at <= now,
            _first_of_its_ticket(),
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Delivery)
    )


def _move(session: Session, token: str, ids: Iterable[int], **values: object) -> set[int]:
    ids = list(ids)
    if not ids:
        return set()
    statement = (
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.claim == token, Delivery.state == SENDING)
        .values(claim=None, **values)
        .returning(Delivery.id)
    )
    return set(session.scalars(statement, execution_options=_NO_SYNC))


def _write_attempts(session: Session, rows: list[dict[str, object]]) -> None:
    if rows:
        session.execute(insert(Attempt), rows)


def _changed(session: Session, statement: Update) -> int:
    result = session.execute(statement, execution_options=_NO_SYNC)
    return cast("CursorResult[tuple[int]]", result).rowcount
