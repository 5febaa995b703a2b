"""The search for tickets: what one may search, filter and sort their list by, as a query."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from portal.models import Company, PicklistValue, Ticket, TicketUdf
from portal.models.base import holds
from portal.models.ticket import is_open_ticket

OPEN, ALL = "open", "all"
DEFAULT_SORT = "-activity"
_Status, _Priority = aliased(PicklistValue), aliased(PicklistValue)
SORTS: dict[str, Any] = {
    "number": Ticket.id,
    "title": Ticket.title,
    "company": Company.name,
    "status": _Status.sort,
    "priority": _Priority.sort,
    "activity": Ticket.last_activity_at,
}


@dataclass(frozen=True, slots=True)
class Search:
    """What was asked for. ``status`` is "open", "all" or a status' number."""

    text: str = ""
    status: str = OPEN
    queue: int | None = None
    company_id: int | None = None
    sort: str = DEFAULT_SORT

    @property
    def narrowed(self) -> bool:
        return bool(self.text or self.queue or self.company_id or self.status != OPEN)


def query_of(search: Search) -> Select[Ticket]:
    """Write the query of a search, without an order: what is counted."""
    query = select(Ticket)
    if search.status == OPEN:
        query = query.where(is_open_ticket())
    elif search.status != ALL:
        query = query.where(Ticket.status == int(search.status))
    if search.queue is not None:
        query = query.where(Ticket.queue == search.queue)
    if search.company_id is not None:
        query = query.where(Ticket.company_id == search.company_id)
    if search.text:
        query = query.where(_matches(search.text))
    return query


def in_order(query: Select[Ticket], sort: str) -> Select[int]:
    """Return the ids of a search in their order; the latest ticket comes first where rows are equal.

    The ids alone, since an index of open tickets holds all that they need: databases prefer it to one of all tickets.
    """
    key = sort.removeprefix("-")
    # only what the order needs: each join costs every row that is passed
    if key == "company":
        query = query.join(Company, Company.id == Ticket.company_id)
    elif key == "status":
        query = query.outerjoin(_Status, (_Status.list_name == "status") & (_Status.value == Ticket.status))
    elif key == "priority":
        is_priority = (_Priority.list_name == "priority") & (_Priority.value == Ticket.priority)
        query = query.outerjoin(_Priority, is_priority)
    column = SORTS[key]
    ids = query.with_only_columns(Ticket.id)
    return ids.order_by(column.desc() if sort.startswith("-") else column, Ticket.id.desc())


def tickets(session: Session, ids: Sequence[int]) -> list[Ticket]:
    """Return the tickets of a page, in the order of ``ids``."""
    query = select(Ticket).where(Ticket.id.in_(ids))
    query = query.options(joinedload(Ticket.company), joinedload(Ticket.assigned_resource))
    found = {each.id: each for each in session.scalars(query)}
    return [found[each] for each in ids if each in found]


def _matches(text: str) -> Any:
    columns = (Ticket.number, Ticket.title, Ticket.external_id)
    in_udf = exists().where(TicketUdf.ticket_id == Ticket.id, holds(TicketUdf.value, text))
    return or_(*(holds(column, text) for column in columns), in_udf)
