"""Create, edit and complete tickets, and add notes: checks, history, and the rules that follow.

Every function works in the caller's transaction: a ticket's change and the deliveries that follow from
it are committed together or not at all. The caller commits.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.actors import Actor, ActorKind
from portal.core.eastern import eastern_date
from portal.core.problems import Invalid, NotFound
from portal.core.texts import as_line
from portal.core.tickets import COMPLETE, DEFAULT_PRIORITY, NEW, ticket_number
from portal.models import Ticket, TicketHistory, TicketNote, TicketUdf
from portal.models.base import MAX_ID
from portal.tickets import checks, fields
from portal.tickets.event import CREATED, EDITED, Happening
from portal.tickets.numbers import next_in_day
from portal.workflow import engine

Values = Mapping[str, Any]
UdfValues = Mapping[int, str | None]
_CHANGED_MEANWHILE = (
    "This ticket was changed by somebody else since you opened it. Your entries are still below; open the "
    "ticket in another tab to compare, then save again."
)


def create_ticket(
    session: Session, values: Values, udfs: UdfValues, *, actor: Actor, now: datetime, domain: str
) -> Ticket:
    """Make a ticket. ``values`` are keyed by workflow.fields.FIELDS, ``udfs`` by UDF id.

    Raises Invalid with a sentence for each field that can't be accepted.
    """
    given = {
        "status": NEW,
        "priority": DEFAULT_PRIORITY,
        "description": "",
        "resolution": "",
        "external_id": "",
    }
    given |= {name: value for name, value in values.items() if value is not None}
    given, udfs = _as_meant(given, udfs, actor)
    checked, checked_udfs = checks.check(session, given, udfs, ticket=None)
    ticket = Ticket(
        number=ticket_number(eastern_date(now), next_in_day(session, eastern_date(now))),
        created_at=now,
        last_activity_at=now,
        creator_id=actor.resource_id,
        **checked,
    )
    _set_udfs(ticket, checked_udfs)
    _stamp_completion(ticket, actor, now)
    session.add(ticket)
    session.flush()
    session.add(TicketHistory(ticket_id=ticket.id, at=now, actor=actor.name, field="Ticket", new="Created"))
    session.flush()
    engine.react(session, Happening(CREATED, ticket, actor, {}, fields.raw_values(ticket), now), domain)
    return ticket


def edit_ticket(
    session: Session,
    ticket_id: int,
    values: Values,
    udfs: UdfValues,
    *,
    actor: Actor,
    now: datetime,
    domain: str,
    seen: datetime | None = None,
) -> Ticket:
    """Change the given fields of a ticket. A save that changes nothing fires nothing.

    ``seen`` is the ticket's last activity when the editor opened it: if somebody changed the ticket
    since, the edit is refused. Raises NotFound and Invalid.
    """
    ticket = lock_ticket(session, ticket_id)
    values, udfs = _as_meant(values, udfs, actor)
    checked, checked_udfs = checks.check(session, values, udfs, ticket=ticket)
    before = fields.raw_values(ticket)
    for name, value in checked.items():
        setattr(ticket, name, value)
    _set_udfs(ticket, checked_udfs)
    after = fields.raw_values(ticket)
    changed = fields.changed_fields(before, after)
    if not changed:
        return ticket
    if seen is not None and seen != ticket.last_activity_at:
        raise Invalid({"": _CHANGED_MEANWHILE})
    _stamp_completion(ticket, actor, now)
    _stamp_activity(ticket, now)
    for name in changed:
        session.add(
            TicketHistory(
                ticket_id=ticket.id,
                at=now,
                actor=actor.name,
                field=fields.field_label(session, name),
                old=fields.value_label(session, name, before.get(name)),
                new=fields.value_label(session, name, after.get(name)),
            )
        )
    session.flush()
    engine.react(session, Happening(EDITED, ticket, actor, before, after, now), domain)
    return ticket


def complete_ticket(session: Session, ticket_id: int, *, actor: Actor, now: datetime, domain: str) -> Ticket:
    """Set a ticket's status to Complete. Raises NotFound."""
    return edit_ticket(session, ticket_id, {"status": COMPLETE}, {}, actor=actor, now=now, domain=domain)


def add_note(
    session: Session,
    ticket_id: int,
    *,
    title: str,
    description: str,
    actor: Actor,
    now: datetime,
    note_type: int = 3,
    publish: int = 1,
) -> TicketNote:
    """Add a note to a ticket. Raises NotFound and Invalid."""
    ticket = lock_ticket(session, ticket_id)
    title, description = as_line(title), checks.tidy(description)
    problems = checks.note_problems(title, description, note_type, publish)
    if problems:
        raise Invalid(problems)
    note = TicketNote(
        ticket_id=ticket.id,
        title=title,
        description=description,
        note_type=note_type,
        publish=publish,
        creator_id=actor.resource_id,
        created_at=now,
        last_activity_at=now,
    )
    _stamp_activity(ticket, now)
    session.add(note)
    session.flush()
    return note


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


def _as_meant(values: Values, udfs: UdfValues, actor: Actor) -> tuple[dict[str, Any], UdfValues]:
    """Take the blanks from the ends of ids that a person types; what a program sends stays as it came."""
    if actor.kind is ActorKind.API:
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


def _stamp_activity(ticket: Ticket, now: datetime) -> None:
    # always later than before, also when the clock is set back: it tells an editor what has been seen
    ticket.last_activity_at = max(now, ticket.last_activity_at + timedelta(microseconds=1))


def _stamp_completion(ticket: Ticket, actor: Actor, now: datetime) -> None:
    complete = ticket.status == COMPLETE
    if complete and ticket.completed_at is None:
        ticket.completed_at, ticket.completed_by_id = now, actor.resource_id
    elif not complete:
        ticket.completed_at = ticket.completed_by_id = None
