"""Notes on tickets."""

from sqlalchemy.orm import Session

from portal.api.entities.entity import Entity, Field, Udfs, Values
from portal.api.entities.kinds import LONG, TEXT, TIME, picklist, reference
from portal.core.actors import Context
from portal.core.problems import Invalid, NotFound
from portal.desk.ticket_work import add_note
from portal.models import TicketNote
from portal.tickets import notes


def _create(session: Session, context: Context, values: Values, _udfs: Udfs) -> int:
    try:
        note, _ = add_note(session, context, **values)
    except NotFound as missing:
        raise Invalid({"ticket_id": str(missing)}) from missing
    return note.id


def _update(session: Session, context: Context, note_id: int, values: Values, _udfs: Udfs) -> None:
    if "ticket_id" in values:
        raise Invalid({"ticket_id": "a note can't be moved to another ticket."})
    notes.edit(session, context, note_id, values)


TICKET_NOTE = Entity(
    name="TicketNote",
    model=TicketNote,
    fields=(
        Field("id", LONG, "id", read_only=True),
        Field("TicketID", reference("Ticket"), "ticket_id", required=True),
        Field("Title", TEXT, "title", required=True),
        Field("Description", TEXT, "description", required=True),
        Field("NoteType", picklist("note_type"), "note_type", required=True),
        Field("Publish", picklist("publish"), "publish", required=True),
        Field("CreatorResourceID", reference("Resource"), "creator_id", read_only=True),
        Field("CreateDateTime", TIME, "created_at", read_only=True),
        Field("LastActivityDate", TIME, "last_activity_at", read_only=True),
        Field("CreatedByContactID", reference("Contact")),
        Field("ImpersonatorCreatorResourceID", reference("Resource"), read_only=True),
        Field("ImpersonatorUpdaterResourceID", reference("Resource"), read_only=True),
    ),
    create=_create,
    load=notes.find,
    update=_update,
)
