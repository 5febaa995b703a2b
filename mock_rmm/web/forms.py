"""The pages' forms: their fields follow from the declared types of the JSON API, which also read them."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from msgspec import Struct, inspect, structs
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget, NumberInput

from mock_rmm.api.inputs import WantedAlert
from mock_rmm.api.reading import Info, Problems, read
from mock_rmm.endpoints.kinds import KINDS

Page = str | tuple[str, int] | Response
ENDPOINT_LABELS = {name: kind.label for name, kind in KINDS.items()}


class Ticks(SelectMultipleField):  # type: ignore[misc] # WTForms has types only in part
    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class StructForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    kind: ClassVar[type[Struct]]
    beside: ClassVar[Mapping[str, str]] = {}
    """Where the problems of a value are shown that has no field of its own."""

    def given(self) -> dict[str, Any] | None:
        """What was filled in, as the JSON API would get it; None when it can't be read, which the form then says."""
        names = [name for name in self.kind.__struct_encode_fields__ if name in self]
        return {name: self[name].data for name in names if self[name].data}

    def read(self) -> Any:
        """What was asked for, as its declared type; None when something is wrong, which the form then says."""
        given = self.given() if self.validate_on_submit() else None
        wanted = None if given is None else read(self.kind, given, lax=True)
        if isinstance(wanted, dict):
            self.blame(wanted)
            return None
        return wanted

    def blame(self, problems: Problems) -> None:
        """Put each problem beside its field."""
        for name, problem in problems.items():
            field = self[self.beside.get(name, name)]
            field.errors = [*field.errors, problem]


def form_of(
    kind: type[Struct], *, without: Iterable[str] = (), labels: Mapping[str, dict[str, str]] | None = None
) -> Any:
    """The class of a form for a type, with the labels of what can be chosen."""
    names = [field for field in structs.fields(kind) if field.encode_name not in without]
    fields = {each.encode_name: _field(each.type, (labels or {}).get(each.encode_name)) for each in names}
    return type(f"{kind.__name__}Form", (StructForm,), {"kind": kind, **fields})


def choices(labels: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in labels.items()]


def _field(kind: Any, labels: dict[str, str] | None) -> Field:
    info = Info.of(kind)
    texts = {"label": info.schema.get("title"), "description": info.schema.get("description", "")}
    if labels or info.choices:
        chosen = choices(labels or {name: name for name in info.choices})
        if isinstance(info.type, inspect.ListType):
            return Ticks(choices=chosen, validate_choice=False, **texts)
        return SelectField(choices=chosen, validate_choice=False, **texts)
    match info.type, info.schema.get("format"):
        case inspect.IntType(), _:
            return StringField(widget=NumberInput(), **texts)
        case _, "multiline":
            return TextAreaField(**texts)
        case _, "password":
            return PasswordField(**texts)
        case _:
            return StringField(**texts)


AlertForm = form_of(WantedAlert, labels={"door": ENDPOINT_LABELS})
