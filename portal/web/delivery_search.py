"""The list of deliveries: what one may filter by, as a query that an index answers."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, joinedload, load_only

from portal.models import Attempt, Callout, Delivery, Ticket
from portal.models.delivery import STATES, WAITING
from portal.web.finding import MAX_ID, whole_number

RESENDING = "resending"
# what can be chosen: the states, and of those that wait the ones that were tried already
CHOICES = {WAITING: "Waiting", RESENDING: "Waiting, resending"} | {
    name: label for name, label in STATES.items() if name != WAITING
}
PERIODS = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last 24 hours", timedelta(hours=24)),
    "week": ("Last 7 days", timedelta(days=7)),
}
_NUMBER = re.compile(r"T\d{8}\.\d{4,}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for. ``period`` is about when a delivery was under way: it is open, or ended in it."""

    callout_id: int | None = None
    state: str = ""
    ticket: str = ""
    period: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.callout_id or self.state or self.ticket or self.period)


def from_request() -> Search:
    """Read the search of the page's address; whatever can't be understood is left out."""
    try:
        callout_id = whole_number(request.args.get("callout"))
    except ValueError:
        callout_id = None
    state, period = request.args.get("state", ""), request.args.get("period", "")
    return Search(
        callout_id,
        state if state in CHOICES else "",
        request.args.get("ticket", "").replace("\x00", "").strip()[:200],
        period if period in PERIODS else "",
    )


def query_of(search: Search, now: datetime) -> Select[Delivery]:
    """Write the query of a search, newest first."""
    query = select(Delivery).options(joinedload(Delivery.ticket), joinedload(Delivery.callout))
    if search.callout_id is not None:
        query = query.where(Delivery.callout_id == search.callout_id)
    if search.state == RESENDING:
        query = query.where(Delivery.state == WAITING, Delivery.attempts > Delivery.attempts_before)
    elif search.state:
        query = query.where(Delivery.state == search.state)
    if search.ticket:
        query = query.where(Delivery.ticket_id.in_(select(Ticket.id).where(_is_meant(search.ticket))))
    if search.period:
        begin = now - PERIODS[search.period][1]
        query = query.where(or_(Delivery.ended_at >= begin, Delivery.ended_at.is_(None)))
    return query.order_by(Delivery.id.desc())


def last_attempts(session: Session, deliveries: list[Delivery]) -> dict[int, Attempt]:
    """Give the last recorded attempt of each delivery, without its bodies."""
    # while one is being sent, its attempt is counted and not yet recorded
    near = Attempt.number >= Delivery.attempts - 1
    query = (
        select(Attempt)
        .join(Delivery, (Delivery.id == Attempt.delivery_id) & near)
        .where(Attempt.delivery_id.in_([each.id for each in deliveries]))
        .options(
            load_only(
                Attempt.delivery_id, Attempt.number, Attempt.status, Attempt.status_reason, Attempt.error
            )
        )
        .order_by(Attempt.number)
    )
    return {each.delivery_id: each for each in session.scalars(query)}


def callouts(session: Session) -> list[Callout]:
    """Give the callouts to filter by."""
    return list(session.scalars(select(Callout).order_by(Callout.name)))


def _is_meant(text: str) -> ColumnElement[bool]:
    """Find tickets by their number, their id, or a part of number or title."""
    if _NUMBER.fullmatch(text):
        return Ticket.number == text.upper()
    found = [each.icontains(text, autoescape=True) for each in (Ticket.number, Ticket.title)]
    if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID)) and int(text) <= MAX_ID:
        found.append(Ticket.id == int(text))
    return or_(*found)
