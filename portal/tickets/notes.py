"""Add and change a ticket's notes, in the caller's transaction; the caller commits."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.core.actors import Context
from portal.core.problems import Invalid, NotFound
from portal.core.texts import as_line
from portal.models import TicketNote
from portal.tickets import checks, fields
from portal.tickets.change import history, lock_ticket, stamp_activity
from portal.tickets.event import NOTED, TicketEvent


def add(
    session: Session, context: Context, ticket_id: int, values: Mapping[str, Any]
) -> tuple[TicketNote, list[TicketEvent]]:
    """Add a note with its title, description, note_type and publish. Raises NotFound and Invalid."""
    ticket = lock_ticket(session, ticket_id)
    checked = _checked(_tidied(values))
    note = TicketNote(
        ticket_id=ticket.id,
        creator_id=context.actor.resource_id,
        created_at=context.now,
        last_activity_at=context.now,
        **checked,
    )
    stamp_activity(ticket, context.now)
    session.add(note)
    session.flush()
    unchanged = fields.raw_values(ticket)
    return note, [TicketEvent(NOTED, ticket, context, unchanged, unchanged, note)]


def find(session: Session, note_id: int) -> TicketNote:
    """Load a note. Raises NotFound."""
    note = session.get(TicketNote, note_id)
    if note is None:
        raise NotFound(f"There is no note with the id {note_id}.")
    return note


def edit(session: Session, context: Context, note_id: int, values: Mapping[str, Any]) -> TicketNote:
    """Change those of title, description, note_type and publish that are in ``values``. Raises NotFound and Invalid.

    A note that the portal wrote tells what happened, so nobody changes it. An edited note is no event of its ticket.
    """
    note = find(session, note_id)
    ticket = lock_ticket(session, note.ticket_id)
    session.refresh(note)
    before = {
        "title": note.title,
        "description": note.description,
        "note_type": note.note_type,
        "publish": note.publish,
    }
    after = before | _tidied({name: values[name] for name in before if name in values})
    if after == before:
        return note
    if note.creator_id is None:
        raise Invalid({"": "The portal wrote this note, and its notes can't be changed."})
    for name, value in _checked(after).items():
        setattr(note, name, value)
    note.last_activity_at = max(context.now, note.last_activity_at)
    ticket.last_activity_at = max(context.now, ticket.last_activity_at)
    session.add(history(ticket, context, "Note", str(before["title"]), note.title))
    session.flush()
    return note


def _tidied(values: Mapping[str, Any]) -> dict[str, Any]:
    tidy = {"title": as_line, "description": checks.tidy}
    return {name: tidy[name](value) if name in tidy else value for name, value in values.items()}


def _checked(values: Mapping[str, Any]) -> Mapping[str, Any]:
    problems = checks.note_problems(**values)
    if problems:
        raise Invalid(problems)
    return values
