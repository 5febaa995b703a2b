"""Pages of a list, as an address asks for them: by number (offset pagination), or by a place (keyset pagination)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.queries import keyset
from portal.queries.keyset import PAGE_SIZE

# beyond, neither a count nor a page's number is worth its time: one narrows the search instead
MOST_COUNTED = 10_000
_MOST_DIGITS = 9
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    rows: list[Row]
    number: int
    total: int
    size: int = PAGE_SIZE
    # there are more rows than ``total``, and no page shows them
    beyond: bool = False

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)


def number_asked(name: str = "page") -> int:
    """Read a page's number from the query string; whatever is no number is page 1."""
    text = request.args.get(name, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 1


def paginate(
    session: Session, query: Select[Any], size: int = PAGE_SIZE, counted: Select[Any] | None = None
) -> Page[Any]:
    """Return the page of ``?page=`` of a query of one entity; beyond the end it is the last one.

    ``counted`` is a query of the same rows that is cheaper to count.
    """
    every = (query if counted is None else counted).order_by(None).limit(MOST_COUNTED + 1)
    found = session.scalar(select(func.count()).select_from(every.subquery())) or 0
    total = min(found, MOST_COUNTED)
    number = min(number_asked(), max(1, -(-total // size)))
    rows = list(session.scalars(query.limit(size).offset((number - 1) * size)))
    return Page(rows, number, total, size, found > MOST_COUNTED)


def keyset_page(
    session: Session, streams: Sequence[keyset.Stream], load: Callable[[Sequence[int]], list[Row]]
) -> keyset.Page[Row]:
    """Read the page of ``?after=`` or ``?before=``; ``load`` as in ``keyset.read``."""
    after, before = (request.args.get(name, "") for name in ("after", "before"))
    return keyset.read(session, streams, load, after=after, before=before)
