"""A ticket's timeline: its changes and notes together, newest first, and beside them its callouts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.models import Delivery, TicketHistory, TicketNote
from portal.queries.deliveries import SUMMARY
from portal.tickets.fields import FIELDS

SHOWN = 100
# A receiver that answers a callout by a call of the API does so within this time.
_ECHO = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Change:
    """``field`` is its label; a due date's values are times."""

    field: str
    old: str | datetime
    new: str | datetime


@dataclass(slots=True)
class Moment:
    """What one actor did at one time: a note, or one or more changed fields."""

    at: datetime
    actor: str
    note: TicketNote | None = None
    changes: list[Change] = field(default_factory=list)

    @property
    def created(self) -> bool:
        return any(change.field == "Ticket" and change.new == "Created" for change in self.changes)


def moments(session: Session, ticket_id: int, most: int | None = SHOWN) -> list[Moment]:
    """Read the latest moments of a ticket, newest first."""
    history = session.scalars(
        select(TicketHistory).filter_by(ticket_id=ticket_id).order_by(TicketHistory.id.desc()).limit(most)
    )
    notes = session.scalars(
        select(TicketNote)
        .filter_by(ticket_id=ticket_id)
        .options(joinedload(TicketNote.creator))
        .order_by(TicketNote.id.desc())
        .limit(most)
    )
    changes: dict[tuple[datetime, str], Moment] = {}
    for row in reversed(history.all()):
        moment = changes.setdefault((row.at, row.actor), Moment(row.at, row.actor))
        moment.changes.append(Change(row.field, _value(row.field, row.old), _value(row.field, row.new)))
    noted = [Moment(note.created_at, note.creator.name if note.creator else "System", note) for note in notes]
    found = sorted([*changes.values(), *noted], key=lambda moment: moment.at, reverse=True)
    return found[:most] if most else found


def deliveries(session: Session, ticket_id: int) -> list[Delivery]:
    """Return a ticket's latest deliveries with their attempts, but not the attempts' bodies."""
    attempts = selectinload(Delivery.attempts).load_only(*SUMMARY)
    query = (
        select(Delivery)
        .filter_by(ticket_id=ticket_id)
        .options(attempts, joinedload(Delivery.callout))
        .order_by(Delivery.id.desc())
        .limit(SHOWN)
    )
    return list(session.scalars(query))


def is_live(deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Return whether the ticket's page may change by itself: a callout is under way, or has just ended."""
    return any(each.ended_at is None or now - each.ended_at < _ECHO for each in deliveries)


def _value(field_label: str, text: str) -> str | datetime:
    if field_label == FIELDS["due_at"].label and text:
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            return text
    return text
