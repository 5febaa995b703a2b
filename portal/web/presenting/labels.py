"""The labels of list values, read once a request; and how a ticket's status looks."""

from collections.abc import Mapping

from flask import g
from sqlalchemy import select

from portal.core.tickets import COMPLETE, NEW
from portal.db.engine import db
from portal.models import PicklistValue


def labels() -> Mapping[tuple[str, int], str]:
    """Return every list value's label, by (list, value)."""
    if "picklist_labels" not in g:
        query = select(PicklistValue.list_name, PicklistValue.value, PicklistValue.label)
        g.picklist_labels = {(name, value): label for name, value, label in db.session.execute(query)}
    found: Mapping[tuple[str, int], str] = g.picklist_labels
    return found


def label(list_name: str, value: int | None) -> str:
    """Return a value's label; a value that the list has lost shows as its number."""
    return "" if value is None else labels().get((list_name, value), str(value))


def status_looks(status: int) -> tuple[str, str]:
    """Return the tone and the icon of a ticket's status."""
    return {COMPLETE: ("good", "check-circle-fill"), NEW: ("busy", "circle")}.get(
        status, ("quiet", "circle-half")
    )
