"""The editor of a list: a row for each value, and one for a new value."""

from typing import Any

from flask import request
from wtforms import BooleanField, StringField

from portal.core.problems import Invalid
from portal.desk.lists import MAX_VALUE, ValueEdit, why_active
from portal.models import PicklistValue
from portal.web.forms.base import PortalForm, trim

_DIGITS = 10


class ListForm(PortalForm):
    new_label: Any
    new_value: Any

    def of(self, name: str, row: PicklistValue) -> Any:
        """Give the field of a row: label, place or active."""
        return self[f"{name}_{row.id}"]

    def edits(self, rows: list[PicklistValue]) -> dict[int, ValueEdit]:
        """Give what was entered for each row that the page had. Raises Invalid.

        What the page shows disabled is not sent, and stays as it is; so does what nobody touched. The rows are
        in their order.
        """
        problems: dict[str, str] = {}
        edits = {}
        for now, row in enumerate(rows, 1):
            if f"place_{row.id}" not in request.form:
                continue
            place = now if self.untouched(f"place_{row.id}") else _number(self.of("place", row).data)
            if place is None:
                problems[f"place:{row.id}"] = "Write a whole number, like 3."
            same = row.system or self.untouched(f"label_{row.id}")
            label = row.label if same else self.of("label", row).data or ""
            same = bool(why_active(row)) or self.untouched(f"active_{row.id}")
            active = row.active if same else self.of("active", row).data
            edits[row.id] = ValueEdit(label, place or 0, active)
        if problems:
            raise Invalid(problems)
        return edits

    def added(self) -> tuple[str, int | None] | None:
        """Give the label and the chosen number of the new value, or None. Raises Invalid."""
        label, text = self.new_label.data or "", self.new_value.data or ""
        if not label and not text:
            return None
        if text and _number(text) is None:
            raise Invalid({"new:value": f"Write a whole number from 1 to {MAX_VALUE:,}, or leave it empty."})
        return label, _number(text)


def list_form(rows: list[PicklistValue]) -> ListForm:
    class Form(ListForm):
        pass

    data: dict[str, Any] = {}
    for place, row in enumerate(rows, 1):
        setattr(Form, f"place_{row.id}", StringField(f"Place of {row.label}", filters=[trim]))
        setattr(Form, f"label_{row.id}", StringField(f"Label of {row.label}", filters=[trim]))
        setattr(Form, f"active_{row.id}", BooleanField(f"{row.label} is active"))
        data |= {
            f"place_{row.id}": str(place),
            f"label_{row.id}": row.label,
            f"active_{row.id}": row.active,
        }
    # made last, so that the page's summary of what is wrong follows its rows
    Form.new_label = StringField("Label of the new value", filters=[trim])
    Form.new_value = StringField("Number of the new value", filters=[trim])
    return Form(data=data)


def _number(text: str | None) -> int | None:
    text = text or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
