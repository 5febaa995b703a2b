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
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, Table, Update, bindparam, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from portal.callouts.payload import snapshot
from portal.core.verdicts import Delivered, GaveUp, Policy, Resends, TryAgain, Verdict
from portal.db import after_commit
from portal.delivery import due
from portal.delivery.prepared import Claimed
from portal.delivery.record import lost_columns, write_attempts
from portal.models import Callout, Delivery, Ticket
from portal.models.delivery import (
    CANCELLED,
    DELIVERED,
    ENDED_STATES,
    FAILED,
    SENDING,
    SKIPPED,
    WAITING,
    is_open,
    of_callout,
)

_NO_SYNC = {"synchronize_session": False}


def enqueue(
    session: Session, callout: Callout, ticket: Ticket, *, rule_name: str, domain: str, now: datetime
) -> Delivery | None:
    """Write a delivery beside the ticket's change; None where the callout's UDF is empty on this ticket.

    The seven values are those of this moment. For an inactive callout it is kept as skipped.
    """
    values = snapshot(session, callout, ticket, domain)
    if values is None:
        return None
    delivery = Delivery(
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
    session.add(delivery)
    session.flush()
    what = after_commit.DELIVERY_ENQUEUED if callout.active else after_commit.DELIVERY_SKIPPED
    after_commit.log_event(session, what, delivery=delivery.id, callout=callout.id, ticket=ticket.id)
    after_commit.ring_doorbell(session)
    return delivery


def claim(
    session: Session,
    callout_id: int,
    limit: int,
    token: str,
    *,
    now: int,
    lease_seconds: int,
    failing: bool = False,
) -> list[Claimed]:
    """Take up to ``limit`` due deliveries of a callout; while it is ``failing``, resends alone."""
    what = due.resends if failing else due.claimable
    values = {"which": callout_id, "most": limit, "moment": now, "token": token}
    return _take(session, what, values | {"lease_end": now + lease_seconds})


def claim_probe(
    session: Session, callout_id: int, token: str, *, now: int, lease_seconds: int, pause: int
) -> list[Claimed]:
    """Take one delivery that was not tried yet of a failing callout, if its probe is due.

    Who moves the probe's time has it: two workers never send one each. A resend that is due within the
    pause, or a request in the air, shows as much and costs nothing that waits.
    """
    statement = (
        update(Callout).where(Callout.id.in_(due.may_probe(callout_id, now))).values(probe_at=now + pause)
    )
    moved = session.execute(statement, execution_options=_NO_SYNC)
    if not cast("CursorResult[tuple[int]]", moved).rowcount or due.is_tried_soon(
        session, callout_id, now, pause
    ):
        return []
    values = {"which": callout_id, "moment": now, "token": token, "lease_end": now + lease_seconds}
    return _take(session, _probe, values)


def take_back(
    session: Session, limit: int, *, now: datetime, policy: Callable[[Resends], Policy], but: str = ""
) -> list[int]:
    """Take deliveries from dead workers, whose lease has ended: at once due again, or given up.

    ``but`` is the token of whoever does it: it lives, however late it is with renewing.

    The attempt that nobody saw the end of counts, so a delivery that kills workers can't loop. Gives the
    ids of those that were given up.
    """
    stamp = int(now.timestamp())
    rows = []
    for each, callout in session.execute(due.lapsed(limit, stamp, but)):
        more = each.attempt_count - each.attempts_before < policy(callout.resends()).tries
        rows.append((each.id, each.attempt_count, more))
        named = {
            "delivery": each.id,
            "callout": callout.id,
            "ticket": each.ticket_id,
            "attempt": each.attempt_count,
        }
        after_commit.log_event(session, after_commit.ATTEMPT_LOST, **named)
        if not more:
            after_commit.log_event(session, after_commit.DELIVERY_GIVEN_UP, **named)
    again = [delivery_id for delivery_id, _, more in rows if more]
    over = [delivery_id for delivery_id, _, more in rows if not more]
    for ids, values in (
        (again, {"state": WAITING, "due_at": stamp}),
        (over, {"state": FAILED, "ended_at": now}),
    ):
        statement = (
            update(Delivery)
            .where(Delivery.id.in_(ids), Delivery.state == SENDING, Delivery.due_at <= stamp)
            .values(claim=None, **values)
        )
        if ids:
            session.execute(statement, execution_options=_NO_SYNC)
    write_attempts(session, [lost_columns(delivery_id, number, now) for delivery_id, number, _ in rows])
    return over


def renew(session: Session, token: str, ids: Collection[int], due_at: int) -> None:
    """Extend this process's leases: a lease ends only for a dead worker, however slow a receiver is."""
    session.execute(_held(token, ids).values(due_at=due_at), execution_options=_NO_SYNC)


def put_back(session: Session, token: str, ids: Collection[int], *, now: datetime) -> None:
    """Give back what was claimed and not sent: at once due again, as if it had not been claimed."""
    due_at, count = int(now.timestamp()), Delivery.attempt_count - 1
    statement = _held(token, ids).values(state=WAITING, claim=None, due_at=due_at, attempt_count=count)
    session.execute(statement, execution_options=_NO_SYNC)


def settle(
    session: Session, token: str, verdicts: Sequence[tuple[int, Verdict, dict[str, Any]]], now: datetime
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
    write_attempts(session, [columns for delivery_id, _, columns in verdicts if delivery_id in held])
    return held


def send_again(session: Session, delivery_id: int, now: datetime) -> bool:
    """Start a new round for an ended delivery, with the same values and webhook-id. False if it isn't one."""
    return send_all_again(session, [Delivery.id == delivery_id], now) == 1


def send_all_again(session: Session, which: Iterable[ColumnElement[bool]], now: datetime) -> int:
    """Start a new round for all ended deliveries that match the conditions; give their number."""
    statement = (
        update(Delivery)
        .where(*which, Delivery.state.in_(ENDED_STATES), Delivery.callout_id.is_not(None))
        .values(
            state=WAITING,
            due_at=int(now.timestamp()),
            attempts_before=Delivery.attempt_count,
            ended_at=None,
            reason="",
        )
    )
    after_commit.ring_doorbell(session)
    return _changed(session, statement, after_commit.DELIVERY_SENT_AGAIN)


def cancel(session: Session, delivery_id: int, who: str, now: datetime) -> bool:
    """Cancel a waiting delivery. False if it is not waiting (any more)."""
    return cancel_all(session, [Delivery.id == delivery_id], who, now) == 1


def cancel_all(session: Session, which: Iterable[ColumnElement[bool]], who: str, now: datetime) -> int:
    """Cancel all waiting deliveries that match the conditions; give their number."""
    statement = (
        update(Delivery)
        .where(*which, Delivery.state == WAITING)
        .values(state=CANCELLED, ended_at=now, reason=f"Cancelled by {who}.")
    )
    after_commit.ring_doorbell(session)  # the ticket's next delivery may have waited for this one
    return _changed(session, statement, after_commit.DELIVERY_CANCELLED)


def cancel_of_callout(session: Session, callout_id: int, who: str, now: datetime) -> int:
    """Cancel everything that waits for a callout which is about to be deleted."""
    statement = (
        update(Delivery)
        .where(of_callout(callout_id, by_state=True), is_open(Delivery))
        .values(state=CANCELLED, claim=None, ended_at=now, reason=f"Cancelled: {who} deleted the callout.")
    )
    return _changed(session, statement, after_commit.DELIVERY_CANCELLED)


def _take(
    session: Session, what: Callable[[Any, Any, Any], Select[int]], values: dict[str, object]
) -> list[Claimed]:
    rows = session.execute(_taking(what), values).all()
    claimed = [Claimed(row[0], row[1], int(str(values["which"])), *row[2:]) for row in rows]
    return sorted(claimed, key=lambda each: each.id)


@cache
def _taking(
    what: Callable[[Any, Any, Any], Select[int]],
) -> ReturningUpdate[int, str, str, int, int, int, datetime]:
    """Write the statement that claims: once, since that takes longer than the database needs for it."""
    chosen = what(bindparam("which"), bindparam("most"), bindparam("moment")).cte("picked")
    return (
        # the table, and not its class: nothing is to be found again in the session
        update(cast("Table", Delivery.__table__))
        .where(Delivery.id == chosen.c.id)
        .values(
            state=SENDING,
            claim=bindparam("token"),
            due_at=bindparam("lease_end"),
            attempts=Delivery.attempt_count + 1,
        )
        .returning(
            Delivery.id,
            Delivery.uid,
            Delivery.fields,
            Delivery.attempt_count,
            Delivery.attempt_count - Delivery.attempts_before,
            Delivery.ticket_id,
            Delivery.created_at,
        )
    )


def _probe(callout_id: Any, _most: Any, now: Any) -> Select[int]:
    return due.probe(callout_id, now)


def _move(session: Session, token: str, ids: Iterable[int], **values: object) -> set[int]:
    ids = list(ids)
    if not ids:
        return set()
    statement = _held(token, ids).values(claim=None, **values).returning(Delivery.id)
    return set(session.scalars(statement, execution_options=_NO_SYNC))


def _held(token: str, ids: Iterable[int]) -> Update:
    """Write a change of deliveries, as far as this process still holds their leases."""
    return update(Delivery).where(Delivery.id.in_(ids), Delivery.claim == token, Delivery.state == SENDING)


def _changed(session: Session, statement: Update, what: str) -> int:
    """Change deliveries, and note each for the log; give their number."""
    named = statement.returning(Delivery.id, Delivery.callout_id, Delivery.ticket_id)
    rows = session.execute(named, execution_options=_NO_SYNC).all()
    for delivery_id, callout_id, ticket_id in rows:
        after_commit.log_event(session, what, delivery=delivery_id, callout=callout_id, ticket=ticket_id)
    return len(rows)
