"""The search for deliveries: what one may narrow their list by, as queries that an index answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from portal.delivery.selection import attempts_with, of_tickets, with_error
from portal.models import Callout, Delivery
from portal.models.delivery import ENDED_STATES, OPEN_STATES
from portal.queries.deliveries import narrowed
from portal.queries.keyset import Stream

PERIODS = {"hour": timedelta(hours=1), "day": timedelta(hours=24), "week": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for. ``state`` may be ``RESENDING``, too.

    ``period`` (a name of ``PERIODS``) is about when a delivery was under way: it is open, or ended in it.
    ``error`` is a class of error, or a remark, that it met with on any of its attempts, as ``attempts_with`` reads it.
    """

    callout_id: int | None = None
    state: str = ""
    ticket: str = ""
    period: str = ""
    error: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.callout_id or self.state or self.ticket or self.period or self.error)


def streams_of(search: Search, now: datetime) -> list[Stream]:
    """Write the queries of a search, each with rows in the order of an index.

    In a period, what is open comes first, and then what has ended, the latest end first; that is also the order
    of a state in which deliveries end. Anything else comes by id, as do those of some tickets, and those that met
    with an error whenever it was.
    """
    begin = now - PERIODS[search.period] if search.period else None
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
    return [_stream(narrowed(search.callout_id, state).where(*met), state, begin) for state in states]


def callouts(session: Session) -> list[Callout]:
    """Read the callouts to narrow a list by."""
    return list(session.scalars(select(Callout).order_by(Callout.name)))


def _stream(query: Select[Delivery], state: str, begin: datetime | None) -> Stream:
    if state not in ENDED_STATES:
        return Stream(query, Delivery.id)
    # said even where a period says it too: for SQLite to see that the index of what has ended serves
    query = query.where(Delivery.ended_at.is_not(None))
    if begin is not None:
        query = query.where(Delivery.ended_at >= begin)
    return Stream(query, Delivery.id, Delivery.ended_at)


def _of_tickets(search: Search, begin: datetime | None) -> Select[Delivery]:
    """Find the deliveries of tickets by their ids, and ask the rest of these few."""
    ids = select(Delivery.id).where(of_tickets(search.ticket)).correlate(None)
    query = narrowed(search.callout_id, search.state).where(Delivery.id.in_(ids))
    if begin is not None:
        query = query.where(or_(Delivery.ended_at >= begin, Delivery.ended_at.is_(None)))
    return query.where(with_error(search.error)) if search.error else query


def _with_error(search: Search) -> Stream:
    """Walk what attempts met with, and ask the rest of their deliveries."""
    found, delivery_id = attempts_with(search.error)
    if search.callout_id or search.state:
        wanted = narrowed(search.callout_id, search.state).where(Delivery.id == delivery_id)
        found = found.where(wanted.exists())
    return Stream(found.distinct(), delivery_id)
