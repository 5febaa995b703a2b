"""What every form of the portal has: trimmed text, problems shown beside their fields, and what nobody touched.

A page carries, in the hidden field "shown", a digest of what a browser sends for each field that is left alone.
A field that comes back so is no edit, whatever is stored: a browser's field can't hold a line break, the seconds
of a time or which of a night's two 01:30 is meant, and somebody else may have changed the row since.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from flask import g
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    DateTimeField,
    EmailField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    TextAreaField,
)
from wtforms.fields import DateTimeLocalField, SelectChoice

# WTForms' own sentences, in ours: they say what to do.
_SENTENCES = {
    "Invalid Choice: could not coerce.": "Choose one of the list.",
    "Not a valid choice.": "Choose one of the list.",
    "Not a valid datetime value.": "Write a date and a time, like 2030-01-31 14:00.",
    "Not a valid date value.": "Write a date, like 2030-01-31.",
    "Not a valid integer value.": "Write a whole number.",
}


_LINE_ENDS = re.compile(r"[\r\n]+")


class _Translations:
    """WTForms asks this for the words of each of its messages."""

    def gettext(self, sentence: str) -> str:
        return _SENTENCES.get(sentence, sentence)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return singular if number == 1 else plural


class DayField(DateField):  # type: ignore[misc] # WTForms is untyped
    """A date, also of a year before 1000, which strftime writes as no browser reads it."""

    def _value(self) -> str:
        return str(super()._value() if self.raw_data or self.data is None else self.data.isoformat())


class MomentField(DateTimeLocalField):  # type: ignore[misc]
    """A date and a time to the minute, also of a year before 1000."""

    def _value(self) -> str:
        moment = self.data
        return str(super()._value() if self.raw_data or moment is None else moment.isoformat("T", "minutes"))


class PortalForm(FlaskForm):  # type: ignore[misc]
    """A form; ``show`` puts a use case's refusal beside the fields it speaks of."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, form: FlaskForm) -> _Translations:
            del form
            return _Translations()

    def process(self, formdata: Any = None, obj: Any = None, data: Any = None, **more: Any) -> None:
        self._sent = self.meta.wrap_formdata(self, formdata)
        self._made_of = {"obj": obj, "data": data, **more}
        super().process(formdata, obj, data, **more)

    def shown(self) -> Markup:
        """Write the hidden field that says what the page shows; a page with refused entries passes it on."""
        self._offer_stored()
        return shown_field(self._shown)

    def untouched(self, name: str) -> bool:
        """Say whether a field came back as the page had shown it, or was not on that page at all."""
        field = self[name]
        if self._sent is None or (self._reported is not None and name not in self._reported):
            return True
        if not isinstance(field, BooleanField) and not field.raw_data:
            return False
        return _digest(field) == self._shown.get(name)

    def entered(self, name: str, row: object | None) -> Any:
        """Return what was entered in a field, or what ``row`` holds where nobody touched it; None is a new row."""
        return getattr(row, name) if row is not None and self.untouched(name) else self[name].data

    @cached_property
    def _reported(self) -> dict[str, str] | None:
        return None if self._sent is None else read_shown(self._sent.get("shown"))

    @cached_property
    def _shown(self) -> dict[str, str]:
        if self._reported is not None:
            return self._reported
        # a program that sends fields without having read the page is held to what the page would show
        self._offer_stored()
        page = self if self._sent is None else type(self)(formdata=None, **self._made_of)
        for field in page:
            if isinstance(field, SelectField):
                field.choices = self[field.name].choices
        return {
            field.name: _digest(field) for field in page if not isinstance(field, HiddenField | PasswordField)
        }

    def _offer_stored(self) -> None:
        """Offer what is stored, whatever it is: a browser would choose the first of the list instead."""
        for field in self:
            if not isinstance(field, SelectField) or isinstance(field, RadioField):
                continue
            stored = field.object_data
            if stored not in {None, ""} and str(stored) not in _values_of(field):
                field.choices = [*(field.choices or ()), choice(stored, str(stored))]

    def show(self, problems: Mapping[str, str]) -> None:
        """Put each sentence beside its field; what has no field here stands above the form."""
        for name, sentence in problems.items():
            field = self.field_of(name)
            if field is None:
                self.form_errors.append(sentence)
            else:
                field.errors = [*field.errors, sentence]

    def field_of(self, name: str) -> Any | None:
        """Return the field that a use case calls ``name``."""
        return self._fields.get(name.replace(":", "_"))


def shown_field(digests: Mapping[str, str]) -> Markup:
    """Write the hidden field that carries these digests by the names of their fields."""
    return Markup('<input type="hidden" name="shown" value="{}">').format(json.dumps(digests))


def read_shown(text: str | None) -> dict[str, str] | None:
    """Return what a page said that it had shown. None: it said nothing, or its form was sent and taken since."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or g.get("form_was_taken"):
        return None
    return {name: str(each) for name, each in found.items()}


def _values_of(field: SelectField) -> list[str]:
    return [str(value) for value, *_ in field.choices or ()]


def _digest(field: Field) -> str:
    """Return a short text that is the same for all that browsers make of a field's value on its way."""
    if isinstance(field, BooleanField):
        return digest("y" if field.data else "")
    if isinstance(field, SelectField):
        values = _values_of(field)
        chosen = str(field.raw_data[0]) if field.raw_data else "" if field.data is None else str(field.data)
        # where nothing is chosen, browsers choose the first
        return digest(line_text(chosen if chosen in values or field.raw_data or not values else values[0]))
    text: str = field._value()  # noqa: SLF001 - what its widget writes into the page
    if isinstance(field, DateTimeField):
        return digest(moment_text(text))
    if isinstance(field, TextAreaField):
        # the first line end may be the page's own
        return digest(with_line_feeds(text).lstrip("\n"))
    return digest(line_text(text).strip() if isinstance(field, EmailField) else line_text(text))


def digest(*texts: str) -> str:
    """Return a short text that differs when any of these does. HTML has no NUL: browsers send U+FFFD for it."""
    whole = json.dumps([each.replace("\x00", "\ufffd") for each in texts])
    return hashlib.blake2b(whole.encode(), digest_size=6).hexdigest()


def line_text(text: str) -> str:
    """Return what a browser's field of one line can hold of a text."""
    return _LINE_ENDS.sub("", text)


def moment_text(text: str) -> str:
    """Return a date or a date-time in one way of writing, where it is one."""
    try:
        return datetime.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return text.strip()


def with_line_feeds(value: Any) -> Any:
    """Return a text with the line ends that are kept: browsers send CR LF; a filter."""
    return value.replace("\r\n", "\n").replace("\r", "\n") if isinstance(value, str) else value


def choice(value: object, label: str) -> SelectChoice:
    """One option of a select field."""
    return SelectChoice(value=str(value), label=label)


def trim(value: Any) -> Any:
    """Strip a text field's value; a filter."""
    return value.strip() if isinstance(value, str) else value
