"""Notes on tickets."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.api.entities.field import Field, integer, text, time
from portal.api.entities.given import given, record_id
from portal.api.entities.record import Made, Record, Refused
from portal.api.entities.told import Told, tell
from portal.api.work import Work
from portal.core.problems import Invalid, NotFound
from portal.desk.ticket_work import add_note
from portal.models import TicketNote
from portal.tickets import notes


class TicketNotes:
    name = "TicketNote"
    model = TicketNote
    has_udfs = False
    fields: tuple[Field, ...] = (
        integer("id", "id", read_only=True),
        integer("TicketID", "ticket_id", required=True),
        text("Title", "title", required=True),
        text("Description", "description", required=True),
        integer("NoteType", "note_type", required=True),
        integer("Publish", "publish", required=True),
        integer("CreatorResourceID", "creator_id", read_only=True),
        time("CreateDateTime", "created_at", read_only=True),
        time("LastActivityDate", "last_activity_at", read_only=True),
        Field("CreatedByContactID"),
        Field("ImpersonatorCreatorResourceID"),
        Field("ImpersonatorUpdaterResourceID"),
    )

    def create(self, work: Work, record: Record) -> Made:
        values, not_kept = given(self.fields, record)
        ticket_id = values.pop("ticket_id")
        try:
            note, _ = add_note(work.session, work.context, ticket_id, **values)
        except NotFound as missing:
            raise Refused(f"TicketID: {missing}") from missing
        except Invalid as invalid:
            raise Refused.because_of(invalid, self._names()) from invalid
        return Made(note.id, not_kept)

    def update(self, work: Work, record: Record) -> Made:
        note_id = record_id(record)
        told = self.tell(work.session, [note_id])
        now: dict[str, Any] = dict(told[0].values) if told else {}
        values, not_kept = given(self.fields, record, told=now)
        if told and "ticket_id" in values:
            raise Refused("TicketID: a note can't be moved to another ticket.")
        try:
            notes.edit(work.session, work.context, note_id, values)
        except NotFound as missing:
            raise Refused(str(missing)) from missing
        except Invalid as invalid:
            raise Refused.because_of(invalid, self._names()) from invalid
        return Made(note_id, not_kept)

    def tell(self, session: Session, ids: Sequence[int]) -> list[Told]:
        query = select(TicketNote).where(TicketNote.id.in_(ids)).order_by(TicketNote.id)
        return [Told(self.name, tell(self.fields, note), {}) for note in session.scalars(query)]

    def _names(self) -> dict[str, str]:
        return {field.column: field.name for field in self.fields if field.column is not None}
