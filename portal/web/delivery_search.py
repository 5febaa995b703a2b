"""The list of deliveries: what one may filter by, as queries that an index answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session, defer, joinedload, load_only

from portal.core.verdicts import ErrorKind
from portal.delivery.selection import REMARK, attempts_with, of_tickets, with_error
from portal.http.remarks import LABELS
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import ENDED_STATES, OPEN_STATES, STATES, WAITING, of_callout
from portal.web.finding import whole_number
from portal.web.stretches import Stream

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
REMARKED: dict[str, str] = {REMARK: "Any remark"} | {
    f"{REMARK}:{code}": label for code, label in LABELS.items()
}
MET_WITH = ERRORS | REMARKED


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for. ``period`` is about when a delivery was under way: it is open, or ended in it.

    ``error`` is a class of error, or a remark, that it met with on any of its attempts.
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
        error if error in MET_WITH else "",
    )


def streams_of(search: Search, now: datetime) -> list[Stream]:
    """Give the rows of a search in the order of an index.

    In a period, what is open comes first, and then what has ended, the latest end first; that is also the order
    of a state in which deliveries end. Anything else comes by id, as do those of some tickets, and those that met
    with an error whenever it was.
    """
    begin = now - PERIODS[search.period][1] if search.period else None
    if search.ticket:
        return [Stream(_of_tickets(search, begin), Delivery.id)]
    if search.error and not search.period:
        return [_with_error(search)]
    met: list[ColumnElement[bool]] = []
    if search.error:
        found, delivery_id = attempts_with(search.error)
        met = [found.where(delivery_id == Delivery.id).exists()]
    if search.state in ENDED_STATES:
        states: tuple[str, ...] = (search.state,)
    elif search.period and not search.state:
        states = OPEN_STATES + ENDED_STATES
    else:
        states = (search.state,)
    return [_stream(_narrowed(search.callout_id, state).where(*met), state, begin) for state in states]


def deliveries(session: Session, ids: Sequence[int]) -> list[Delivery]:
    """Give the deliveries of a page, in the order of ``ids``."""
    query = (
        select(Delivery)
        .where(Delivery.id.in_(ids))
        .options(joinedload(Delivery.ticket), joinedload(Delivery.callout), defer(Delivery.fields))
    )
    found = {each.id: each for each in session.scalars(query)}
    return [found[each] for each in ids if each in found]


def last_attempts(session: Session, deliveries: list[Delivery]) -> dict[int, Attempt]:
    """Give the last recorded attempt of each delivery, without its bodies."""
    # while one is being sent, its attempt is counted and not yet recorded
    near = Attempt.number >= Delivery.attempt_count - 1
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


def _stream(query: Select[Delivery], state: str, begin: datetime | None) -> Stream:
    if state not in ENDED_STATES:
        return Stream(query, Delivery.id)
    # said even where a period says it too: for SQLite to see that the index of what has ended serves
    query = query.where(Delivery.ended_at.is_not(None))
    if begin is not None:
        query = query.where(Delivery.ended_at >= begin)
    return Stream(query, Delivery.id, Delivery.ended_at)


def _narrowed(callout_id: int | None, state: str) -> Select[Delivery]:
    """Ask for the deliveries of a callout and a state, where they are given."""
    query = select(Delivery)
    if callout_id is not None:
        query = query.where(of_callout(callout_id, by_state=state in {*OPEN_STATES, RESENDING}))
    if state == RESENDING:
        return query.where(Delivery.state == WAITING, Delivery.attempt_count > Delivery.attempts_before)
    return query.where(Delivery.state == state) if state else query


def _of_tickets(search: Search, begin: datetime | None) -> Select[Delivery]:
    """Find the deliveries of tickets by their ids, and ask the rest of these few."""
    ids = select(Delivery.id).where(of_tickets(search.ticket)).correlate(None)
    query = _narrowed(search.callout_id, search.state).where(Delivery.id.in_(ids))
    if begin is not None:
        query = query.where(or_(Delivery.ended_at >= begin, Delivery.ended_at.is_(None)))
    return query.where(with_error(search.error)) if search.error else query


def _with_error(search: Search) -> Stream:
    """Walk what attempts met with, and ask the rest of their deliveries."""
    found, delivery_id = attempts_with(search.error)
    if search.callout_id or search.state:
        narrowed = _narrowed(search.callout_id, search.state).where(Delivery.id == delivery_id)
        found = found.where(narrowed.exists())
    return Stream(found.distinct(), delivery_id)
