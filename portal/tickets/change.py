"""Create and edit tickets: checks, values and history. Knows no rules.

Every function works in the caller's transaction, and gives back the ticket and the events that rules may
react to (portal/workflow/engine.py). The caller commits.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actors import ActorKind, Context
from portal.core.eastern import eastern_date
from portal.core.problems import Invalid, NotFound
from portal.core.tickets import COMPLETE, DEFAULT_PRIORITY, NEW, ticket_number
from portal.models import Ticket, TicketHistory, TicketUdf
from portal.models.base import MAX_ID
from portal.tickets import checks, fields
from portal.tickets.event import CREATED, EDITED, TicketEvent
from portal.tickets.numbers import next_in_day

Values = Mapping[str, Any]
UdfValues = Mapping[int, str | None]
_CHANGED_MEANWHILE = (
    "This ticket was changed by somebody else since you opened it. Your entries are still below; open the "
    "ticket in another tab to compare, then save again."
)


def create(
    session: Session, context: Context, values: Values, udfs: UdfValues
) -> tuple[Ticket, list[TicketEvent]]:
    """Create a ticket. ``values`` are keyed by portal.tickets.fields.FIELDS, ``udfs`` by UDF id.

    Raises Invalid with a sentence for each field that can't be accepted.
    """
    entered = {
        "status": NEW,
        "priority": DEFAULT_PRIORITY,
        "description": "",
        "resolution": "",
        "external_id": "",
    }
    entered |= {name: value for name, value in values.items() if value is not None}
    entered, udfs = _as_meant(entered, udfs, context)
    checked, checked_udfs = checks.check(session, entered, udfs, ticket=None)
    now = context.now
    ticket = Ticket(
        number=ticket_number(eastern_date(now), next_in_day(session, eastern_date(now))),
        created_at=now,
        last_activity_at=now,
        creator_id=context.actor.resource_id,
        **checked,
    )
    _set_udfs(ticket, checked_udfs)
    _stamp_completion(ticket, context)
    session.add(ticket)
    session.flush()
    session.add(history(ticket, context, "Ticket", new="Created"))
    session.flush()
    return ticket, [TicketEvent(CREATED, ticket, context, {}, fields.raw_values(ticket))]


def edit(
    session: Session,
    context: Context,
    ticket_id: int,
    values: Values,
    udfs: UdfValues,
    *,
    seen: datetime | None = None,
) -> tuple[Ticket, list[TicketEvent]]:
    """Change some fields of a ticket, those in ``values`` and ``udfs``. A save that changes nothing is no event.

    ``seen`` is the ticket's last activity when the editor opened it: if somebody changed the ticket
    since, the edit is refused. Raises NotFound and Invalid.
    """
    ticket = lock_ticket(session, ticket_id)
    values, udfs = _as_meant(values, udfs, context)
    checked, checked_udfs = checks.check(session, values, udfs, ticket=ticket)
    before = fields.raw_values(ticket)
    for name, value in checked.items():
        setattr(ticket, name, value)
    _set_udfs(ticket, checked_udfs)
    after = fields.raw_values(ticket)
    changed = fields.changed_fields(before, after)
    if not changed:
        return ticket, []
    if seen is not None and seen != ticket.last_activity_at:
        raise Invalid({"": _CHANGED_MEANWHILE})
    _stamp_completion(ticket, context)
    stamp_activity(ticket, context.now)
    for name in changed:
        old, new = (fields.value_label(session, name, each.get(name)) for each in (before, after))
        session.add(history(ticket, context, fields.field_label(session, name), old, new))
    session.flush()
    return ticket, [TicketEvent(EDITED, ticket, context, before, after)]


def lock_ticket(session: Session, ticket_id: int) -> Ticket:
    """Load a ticket, and keep everybody else from changing it until the commit. Raises NotFound."""
    # key_share: who only points at the ticket, as the note of a delivery's end does, need not wait
    query = select(Ticket).filter_by(id=ticket_id).with_for_update(of=Ticket, key_share=True)
    # populate_existing: the row as it is now, not as this session saw it earlier
    query = query.execution_options(populate_existing=True)
    ticket = session.scalar(query) if abs(ticket_id) <= MAX_ID else None
    if ticket is None:
        raise NotFound(f"There is no ticket with the id {ticket_id}.")
    return ticket


def history(ticket: Ticket, context: Context, field: str, old: str = "", new: str = "") -> TicketHistory:
    """Write a line of a ticket's history, with labels as pages show them."""
    return TicketHistory(
        ticket_id=ticket.id, at=context.now, actor=context.actor.name, field=field, old=old, new=new
    )


def stamp_activity(ticket: Ticket, now: datetime) -> None:
    """Set a ticket's last activity, always later than before: an editor tells by it what has been seen."""
    # the clock may have been set back
    ticket.last_activity_at = max(now, ticket.last_activity_at + timedelta(microseconds=1))


def _as_meant(values: Values, udfs: UdfValues, context: Context) -> tuple[dict[str, Any], UdfValues]:
    """Take the blanks from the ends of ids that a person types; what a program sends stays as it came."""
    if context.actor.kind is ActorKind.API:
        return dict(values), udfs
    typed = dict(values)
    if isinstance(typed.get("external_id"), str):
        typed["external_id"] = typed["external_id"].strip()
    return typed, {udf_id: (value or "").strip() for udf_id, value in udfs.items()}


def _set_udfs(ticket: Ticket, udfs: Mapping[int, str]) -> None:
    existing = {each.udf_id: each for each in ticket.udf_values}
    for udf_id, value in udfs.items():
        row = existing.get(udf_id)
        if not value:
            if row is not None:
                ticket.udf_values.remove(row)
        elif row is None:
            ticket.udf_values.append(TicketUdf(udf_id=udf_id, value=value))
        else:
            row.value = value


def _stamp_completion(ticket: Ticket, context: Context) -> None:
    complete = ticket.status == COMPLETE
    if complete and ticket.completed_at is None:
        ticket.completed_at, ticket.completed_by_id = context.now, context.actor.resource_id
    elif not complete:
        ticket.completed_at = ticket.completed_by_id = None
