"""Change a ticket's note. Like everything of the desk, in the caller's transaction; the caller commits."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.core.actors import Actor
from portal.core.problems import Invalid, NotFound
from portal.core.texts import as_line
from portal.models import TicketHistory, TicketNote
from portal.tickets import checks
from portal.tickets.change import lock_ticket


def edit_note(
    session: Session, note_id: int, values: Mapping[str, Any], *, actor: Actor, now: datetime
) -> TicketNote:
    """Change the given ones of title, description, note_type and publish. Raises NotFound and Invalid.

    A note that the portal wrote tells what happened, so nobody changes it.
    """
    note = session.get(TicketNote, note_id)
    if note is None:
        raise NotFound(f"There is no note with the id {note_id}.")
    ticket = lock_ticket(session, note.ticket_id)
    session.refresh(note)
    before = {
        "title": note.title,
        "description": note.description,
        "note_type": note.note_type,
        "publish": note.publish,
    }
    after = {name: values.get(name, value) for name, value in before.items()}
    for name, tidied in (("title", as_line), ("description", checks.tidy)):
        if name in values:
            after[name] = tidied(after[name])
    if after == before:
        return note
    if note.creator_id is None:
        raise Invalid({"": "The portal wrote this note, and its notes can't be changed."})
    problems = checks.note_problems(**after)
    if problems:
        raise Invalid(problems)
    for name, value in after.items():
        setattr(note, name, value)
    note.last_activity_at = max(now, note.last_activity_at)
    ticket.last_activity_at = max(now, ticket.last_activity_at)
    session.add(
        TicketHistory(
            ticket_id=ticket.id, at=now, actor=actor.name, field="Note", old=before["title"], new=note.title
        )
    )
    session.flush()
    return note
