"""The note on a ticket that says how a delivery ended, of the type "Workflow Rule Action Note", by "System"."""

from sqlalchemy.orm import Session

from portal.core.tickets import WORKFLOW_ACTION_NOTE
from portal.models import TicketNote
from portal.notify.notices import DeliveryEnded

_EVERYONE = 1


def add_note(session: Session, notice: DeliveryEnded) -> None:
    """Add the note. The caller commits."""
    session.add(
        TicketNote(
            ticket_id=notice.ticket_id,
            title="Extension callout " + ("delivered" if notice.delivered else "failed"),
            description=notice.sentence(),
            note_type=WORKFLOW_ACTION_NOTE,
            publish=_EVERYONE,
            created_at=notice.at,
            last_activity_at=notice.at,
        )
    )
