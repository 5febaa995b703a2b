"""Work on tickets: create, edit and complete them, add notes; and the rules that this fires.

Every function works in the caller's transaction: a ticket's change and the deliveries that follow from it are
committed together or not at all. Each gives what it made or changed, and the ids of the deliveries that will be sent
because of it. The caller commits.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.core.actors import Context
from portal.core.tickets import COMPLETE
from portal.models import Ticket, TicketNote
from portal.tickets import change, notes
from portal.tickets.change import UdfValues, Values
from portal.workflow import engine


def create_ticket(
    session: Session, context: Context, values: Values, udfs: UdfValues
) -> tuple[Ticket, list[int]]:
    """Create a ticket, as portal.tickets.change.create does. Raises Invalid."""
    ticket, events = change.create(session, context, values, udfs)
    return ticket, engine.react(session, events)


def edit_ticket(
    session: Session,
    context: Context,
    ticket_id: int,
    values: Values,
    udfs: UdfValues,
    *,
    seen: datetime | None = None,
) -> tuple[Ticket, list[int]]:
    """Edit a ticket, as portal.tickets.change.edit does. Raises NotFound and Invalid."""
    ticket, events = change.edit(session, context, ticket_id, values, udfs, seen=seen)
    return ticket, engine.react(session, events)


def complete_ticket(session: Session, context: Context, ticket_id: int) -> tuple[Ticket, list[int]]:
    """Set a ticket's status to Complete. Raises NotFound."""
    return edit_ticket(session, context, ticket_id, {"status": COMPLETE}, {})


def add_note(
    session: Session,
    context: Context,
    ticket_id: int,
    *,
    title: str,
    description: str,
    note_type: int = 3,
    publish: int = 1,
) -> tuple[TicketNote, list[int]]:
    """Add a note to a ticket. Raises NotFound and Invalid."""
    note, events = notes.add(
        session,
        context,
        ticket_id,
        {"title": title, "description": description, "note_type": note_type, "publish": publish},
    )
    return note, engine.react(session, events)
