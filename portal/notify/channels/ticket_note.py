"""A note on the ticket, of the type "Workflow Rule Action Note", by "System"."""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from portal.core.tickets import WORKFLOW_ACTION_NOTE
from portal.models import TicketNote

if TYPE_CHECKING:
    from portal.notify.channels import Ending

_EVERYONE = 1


class AddNote:
    name = "ticket_note"

    def tell(self, session: Session, ending: "Ending") -> None:
        session.add(
            TicketNote(
                ticket_id=ending.ticket_id,
                title="Extension callout " + ("delivered" if ending.delivered else "failed"),
                description=ending.sentence(),
                note_type=WORKFLOW_ACTION_NOTE,
                publish=_EVERYONE,
                created_at=ending.at,
                last_activity_at=ending.at,
            )
        )
