"""A ticket's life as its page tells it: changes and notes in one timeline, and its callouts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from portal.core.verdicts import status_line
from portal.models import Attempt, Delivery, TicketHistory, TicketNote
from portal.tickets.fields import FIELDS
from portal.web.presenting import exact

SHOWN = 100
# A receiver that calls the API back, once it was told, does so within this time.
_ECHO = timedelta(seconds=15)
_LONG = 120


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    old: str
    new: str

    @property
    def long(self) -> bool:
        return len(self.old) > _LONG or len(self.new) > _LONG or "\n" in self.old + self.new


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
    """Give the latest of a ticket's life, newest first."""
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
        moment.changes.append(Change(row.field, _shown(row.field, row.old), _shown(row.field, row.new)))
    noted = [Moment(note.created_at, note.creator.name if note.creator else "System", note) for note in notes]
    life = sorted([*changes.values(), *noted], key=lambda moment: moment.at, reverse=True)
    return life[:most] if most else life


def deliveries(session: Session, ticket_id: int) -> list[Delivery]:
    """Give a ticket's latest deliveries with their attempts, but not the attempts' bodies."""
    attempts = selectinload(Delivery.attempts).load_only(
        Attempt.delivery_id,
        Attempt.number,
        Attempt.started_at,
        Attempt.duration_ms,
        Attempt.status,
        Attempt.status_reason,
        Attempt.error,
        Attempt.error_kind,
    )
    query = (
        select(Delivery)
        .filter_by(ticket_id=ticket_id)
        .options(attempts, joinedload(Delivery.callout))
        .order_by(Delivery.id.desc())
        .limit(SHOWN)
    )
    return list(session.scalars(query))


def is_live(deliveries: Sequence[Delivery], now: datetime) -> bool:
    """Say whether the ticket's page may change by itself: a callout is under way, or has just ended."""
    return any(each.ended_at is None or now - each.ended_at < _ECHO for each in deliveries)


def answer_of(attempt: Attempt) -> str:
    """Say what came of an attempt."""
    if attempt.error:
        return attempt.error
    return (
        f"{status_line(attempt.status, attempt.status_reason)}: delivered."
        if attempt.status
        else "Delivered."
    )


def in_short(attempt: Attempt) -> str:
    """Say the same for a list, where the first remark is worth more than the status of a success."""
    return attempt.remarks[0].first_sentence if attempt.remarks and not attempt.error else answer_of(attempt)


def _shown(field_label: str, value: str) -> str:
    if field_label == FIELDS["due_at"].label and value:
        try:
            return exact(datetime.fromisoformat(value))
        except ValueError:
            return value
    return value
