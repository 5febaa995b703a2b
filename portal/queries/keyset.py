"""Keyset pagination: 25 rows newer or older than a place, found by an index, however long the list is.

A list is one stream of rows, or several that are merged, each in the order of its index: latest first by
id, or by a moment and then the id. A page is named by a place and not by its number, so no page costs more than
the first one, and rows that come or go shift nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.models.base import MAX_ID

PAGE_SIZE = 25
# beyond, the count is not worth its time
MOST_COUNTED = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# of rows that have no moment: newer than any that has
_NEVER = datetime.max.replace(tzinfo=UTC)
_PLACE = re.compile(r"(?:(\d{1,17})\.)?(\d{1,19})", re.ASCII)
Row = TypeVar("Row")
Key = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows of one query without an order of its own; ``moment`` is the column that comes before the id."""

    query: Select[Any]
    id: InstrumentedAttribute[int]
    moment: InstrumentedAttribute[datetime | None] | None = None

    def keys(self, session: Session, most: int, place: Key | None, *, newer: bool) -> list[Key]:
        """Return the keys of the rows next to a place, the nearest first."""
        found = self._beyond(place, newer=newer) if place else self.query
        if found is None:
            return []
        columns: list[Any] = [self.id] if self.moment is None else [self.moment, self.id]
        order = [column.asc() if newer else column.desc() for column in columns]
        rows = session.execute(found.with_only_columns(*columns).order_by(*order).limit(most))
        return [(_NEVER, row[0]) if self.moment is None else (row[0], row[1]) for row in rows]

    def count(self, session: Session, most: int) -> int:
        rows = self.query.with_only_columns(self.id).limit(most).subquery()
        return session.scalar(select(func.count()).select_from(rows)) or 0

    def _beyond(self, place: Key, *, newer: bool) -> Select[Any] | None:
        moment, row_id = place
        if self.moment is not None and moment is not _NEVER:
            here, there = tuple_(self.moment, self.id), tuple_(moment, row_id)
            condition: ColumnElement[bool] = here > there if newer else here < there
            return self.query.where(condition)
        if self.moment is None and moment is _NEVER:
            return self.query.where(self.id > row_id if newer else self.id < row_id)
        # all rows without a moment are newer than all that have one
        return self.query if newer is (self.moment is None) else None


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``newer`` and ``older`` are the places from which the list goes on, or ""; ``total`` counts to 1,001."""

    rows: list[Row]
    newer: str
    older: str
    total: int

    @property
    def countless(self) -> bool:
        return self.total > MOST_COUNTED


def read(
    session: Session,
    streams: Sequence[Stream],
    load: Callable[[Sequence[int]], list[Row]],
    *,
    after: str = "",
    before: str = "",
) -> Page[Row]:
    """Read the page that is newer than ``after``, or else older than ``before``; without either, the first.

    Both are places that an earlier page gave; any other text means the first page, too. ``load`` reads the rows
    with these ids, in their order.
    """
    lower, upper = _place(after), _place(before)
    keys: list[Key] = []
    if lower:
        keys = _next(session, streams, lower, newer=True)
    if len(keys) > PAGE_SIZE:
        shown, newer, older = keys[PAGE_SIZE - 1 :: -1], True, True
    else:
        # fewer are newer than fill a page: that is the list's beginning; and so is what lies beyond its end
        place = None if lower else upper
        keys = _next(session, streams, place, newer=False)
        if not keys and place:
            place, keys = None, _next(session, streams, None, newer=False)
        shown, newer, older = keys[:PAGE_SIZE], place is not None, len(keys) > PAGE_SIZE
    return Page(
        load([row_id for _, row_id in shown]),
        _written(shown[0]) if newer else "",
        _written(shown[-1]) if older else "",
        _count(session, streams) if newer or older else len(shown),
    )


def _next(session: Session, streams: Sequence[Stream], place: Key | None, *, newer: bool) -> list[Key]:
    """Return the keys of a page and one more, the nearest first."""
    most = PAGE_SIZE + 1
    found = [key for each in streams for key in each.keys(session, most, place, newer=newer)]
    return sorted(found, reverse=not newer)[:most]


def _count(session: Session, streams: Sequence[Stream]) -> int:
    total = 0
    for each in streams:
        total += each.count(session, MOST_COUNTED + 1 - total)
        if total > MOST_COUNTED:
            break
    return total


def _place(text: str) -> Key | None:
    found = _PLACE.fullmatch(text)
    if found is None or int(found[2]) > MAX_ID:
        return None
    return (_EPOCH + int(found[1]) * _MICROSECOND if found[1] else _NEVER), int(found[2])


def _written(key: Key) -> str:
    moment, row_id = key
    return str(row_id) if moment is _NEVER else f"{(moment - _EPOCH) // _MICROSECOND}.{row_id}"
