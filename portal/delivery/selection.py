"""Which deliveries a bulk job is about: what was asked for, as conditions, and as JSON to be kept."""

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, union_all
from sqlalchemy.orm import InstrumentedAttribute

from portal.models import Attempt, AttemptRemark, Delivery, Ticket
from portal.models.base import MAX_ID, holds
from portal.models.bulk import CANCEL, SEND_AGAIN
from portal.models.delivery import CANCELLED, DELIVERED, ENDED_STATES, FAILED, SKIPPED, WAITING, of_callout

UNSENT, ENDED, REMARK = "unsent", "ended", "remark"
_NUMBER = re.compile(r"T\d{8}\.\d{4,}", re.ASCII | re.IGNORECASE)
# what "send again" can be about: a name that is kept, what it is called, and the states it means
OUTCOMES: dict[str, tuple[str, tuple[str, ...]]] = {
    FAILED: ("Failed", (FAILED,)),
    SKIPPED: ("Skipped", (SKIPPED,)),
    UNSENT: ("Failed or skipped", (FAILED, SKIPPED)),
    CANCELLED: ("Cancelled", (CANCELLED,)),
    DELIVERED: ("Delivered", (DELIVERED,)),
    ENDED: ("Ended, whatever came of it", ENDED_STATES),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """``since`` is about when a delivery ended; about when it was made, if what waits is cancelled.

    ``ids`` narrows it to deliveries that were ticked one by one.
    """

    action: str = SEND_AGAIN
    outcome: str = FAILED
    callout_id: int | None = None
    ticket: str = ""
    error: str = ""
    since: datetime | None = None
    ids: tuple[int, ...] = ()

    @property
    def states(self) -> tuple[str, ...]:
        return (WAITING,) if self.action == CANCEL else OUTCOMES[self.outcome][1]

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"since": self.since.isoformat() if self.since else None, "ids": list(self.ids)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Selection":
        since = datetime.fromisoformat(kept["since"]) if kept["since"] else None
        return replace(cls(**kept), since=since, ids=tuple(kept["ids"]))


def conditions(wanted: Selection, until: datetime, *, by_state: bool = False) -> list[ColumnElement[bool]]:
    """Say in a query which deliveries are meant, as they stood at ``until``; ``by_state`` as in ``of_callout``."""
    moment = Delivery.created_at if wanted.action == CANCEL else Delivery.ended_at
    found: list[ColumnElement[bool]] = [Delivery.state.in_(wanted.states), moment <= until]
    if wanted.since is not None:
        found.append(moment >= wanted.since)
    if wanted.callout_id is not None:
        found.append(of_callout(wanted.callout_id, by_state=by_state or wanted.action == CANCEL))
    if wanted.ticket:
        found.append(of_tickets(wanted.ticket))
    if wanted.error:
        found.append(with_error(wanted.error))
    if wanted.ids:
        found.append(Delivery.id.in_(wanted.ids))
    return found


def next_ids(wanted: Selection, until: datetime, after: int, limit: int) -> Select[int]:
    """Write the query of the next deliveries behind an id, in their order: one walk of the index a state."""
    each = [
        select(Delivery.id)
        .where(Delivery.state == state, Delivery.id > after, *conditions(wanted, until, by_state=True))
        .order_by(Delivery.id)
        .limit(limit)
        .subquery()
        for state in wanted.states
    ]
    found = union_all(*(select(part.c.id) for part in each)).subquery()
    return select(found.c.id).order_by(found.c.id).limit(limit)


def of_tickets(text: str) -> ColumnElement[bool]:
    """Find the deliveries of tickets by the tickets' number, their id, or a part of number or title."""
    return Delivery.ticket_id.in_(select(Ticket.id).where(_is_meant(text)))


def with_error(kind: str) -> ColumnElement[bool]:
    """Find the deliveries that met with a class of error, or a remark, on any of their attempts."""
    return Delivery.id.in_(attempts_with(kind)[0])


def attempts_with(kind: str) -> tuple[Select[int], InstrumentedAttribute[int]]:
    """Select what attempts met with; return its column of deliveries' ids as well.

    ``kind`` is a class of error; or ``REMARK`` for any remark, with a colon and a code for a certain one.
    """
    what, _, code = kind.partition(":")
    if what == REMARK:
        found = select(AttemptRemark.delivery_id)
        return found.where(AttemptRemark.code == code) if code else found, AttemptRemark.delivery_id
    # the second says nothing new: SQLite takes the partial index only for its own words
    wrong = Attempt.error_kind == kind, Attempt.error_kind != literal("", literal_execute=True)
    return select(Attempt.delivery_id).where(*wrong), Attempt.delivery_id


def _is_meant(text: str) -> ColumnElement[bool]:
    if _NUMBER.fullmatch(text):
        return Ticket.number == text.upper()
    found = [holds(each, text) for each in (Ticket.number, Ticket.title)]
    if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) and int(text) <= MAX_ID:
        found.append(Ticket.id == int(text))
    return or_(*found)
