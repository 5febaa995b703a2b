"""The list of deliveries: what one may filter by, as a query that an index answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload, load_only

from portal.core.verdicts import ErrorKind
from portal.delivery.selection import of_tickets, with_error
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import STATES, WAITING
from portal.web.finding import whole_number

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
# the classes of errors, in the words of pages
ERRORS: dict[str, str] = {
    ErrorKind.DNS: "DNS: no address for the name",
    ErrorKind.CONNECT: "Connect: nobody answered there",
    ErrorKind.RESET: "Reset: the connection broke",
    ErrorKind.TIMEOUT: "Time-out",
    ErrorKind.TLS: "TLS",
    ErrorKind.REDIRECT: "Redirect",
    ErrorKind.REFUSED_ADDRESS: "Refused address",
    ErrorKind.HTTP: "HTTP status",
    ErrorKind.FAULT: "Fault in the answer",
    ErrorKind.PROTOCOL: "No proper answer",
    ErrorKind.LOST: "Lost with its worker",
    ErrorKind.REQUEST: "The request could not be written",
}


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for. ``period`` is about when a delivery was under way: it is open, or ended in it.

    ``error`` is a class of error that it met with on any of its attempts.
    """

    callout_id: int | None = None
    state: str = ""
    ticket: str = ""
    period: str = ""
    error: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.callout_id or self.state or self.ticket or self.period or self.error)


def from_request() -> Search:
    """Read the search of the page's address; whatever can't be understood is left out."""
    try:
        callout_id = whole_number(request.args.get("callout"))
    except ValueError:
        callout_id = None
    state, period, error = (request.args.get(name, "") for name in ("state", "period", "error"))
    return Search(
        callout_id,
        state if state in CHOICES else "",
        request.args.get("ticket", "").replace("\x00", "").strip()[:200],
        period if period in PERIODS else "",
        error if error in ERRORS else "",
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
        query = query.where(of_tickets(search.ticket))
    if search.error:
        query = query.where(with_error(search.error))
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
                Attempt.delivery_id,
                Attempt.number,
                Attempt.status,
                Attempt.status_reason,
                Attempt.error,
                Attempt.error_kind,
            )
        )
        .order_by(Attempt.number)
    )
    return {each.delivery_id: each for each in session.scalars(query)}


def callouts(session: Session) -> list[Callout]:
    """Give the callouts to filter by."""
    return list(session.scalars(select(Callout).order_by(Callout.name)))
