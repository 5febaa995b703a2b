"""Finding what a page's address names."""

from typing import TypeVar

from flask import abort
from werkzeug.routing import IntegerConverter, Map

from portal.db.engine import db
from portal.models import Base
from portal.models.base import MAX_ID

Row = TypeVar("Row", bound=Base)


class RowIdConverter(IntegerConverter):
    """The ``int`` of our routes: an address with a greater number is no address of ours."""

    def __init__(self, url_map: Map, fixed_digits: int = 0) -> None:
        super().__init__(url_map, fixed_digits, max=MAX_ID)


def find(model: type[Row], row_id: int) -> Row:
    """Return the row with this id, or answer 404."""
    row = db.session.get(model, row_id)
    if row is None:
        abort(404)
    return row


def whole_number(text: object) -> int | None:
    """Read an optional id or list value from a form or a query string; ValueError if it is none."""
    cleaned = str(text if text is not None else "").strip()
    if cleaned in {"", "None"}:
        return None
    number = int(cleaned) if cleaned.isascii() else None
    if number is None or abs(number) > MAX_ID:
        raise ValueError("Choose one of the list.")
    return number


def number_or_none(text: object) -> int | None:
    """Read the same, where whatever is no number counts as none."""
    try:
        return whole_number(text)
    except ValueError:
        return None
