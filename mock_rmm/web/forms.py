"""The pages' forms: their fields follow from the declared types of the JSON API, which also read them."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from flask import abort
from flask_wtf import FlaskForm
from msgspec import Struct, inspect, structs
from werkzeug.wrappers import Response
from wtforms import Field, PasswordField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget, NumberInput

from mock_rmm.api.inputs import WantedAlert
from mock_rmm.api.reading import Info, Problems, read
from mock_rmm.api.receiver_input import ANY_KEYS, WantedReceiver
from mock_rmm.endpoints.receiver import KINDS, MODES, STYLES, VERSIONS, Receiver

Page = str | tuple[str, int] | Response
T = TypeVar("T")
ENDPOINT_LABELS = {name: kind.label for name, kind in KINDS.items()}


def found(value: T | None) -> T:
    """What a page is about; ends the request with 404 when it isn't there."""
    if value is None:
        abort(404)
    return value


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
        field = Ticks if isinstance(info.type, inspect.ListType) else SelectField
        chosen = choices(labels or {name: name for name in info.choices})
        return field(choices=chosen, validate_choice=False, **texts)
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
LABELS = {
    "door": ENDPOINT_LABELS,
    "mode": MODES,
    "versions": {each: f"SOAP {each}" for each in VERSIONS},
    "style": STYLES,
}


class ReceiverForm(form_of(WantedReceiver, labels=LABELS)):  # type: ignore[misc] # made of the type
    earlier: Receiver | None = None

    @classmethod
    def of(cls, receiver: Receiver | None) -> "ReceiverForm":
        """The form as it is shown first."""
        if receiver is None:
            return cls(formdata=None, data={"versions": VERSIONS})
        data = {**vars(receiver.contract), **vars(receiver), "door": receiver.endpoint}
        return cls(formdata=None, data=data)

    def given(self) -> dict[str, Any]:
        """What was filled in, without what the endpoint has no use for.

        Editing keeps the stored password unless another was typed, or the user name was removed.
        """
        kind = KINDS.get(self.door.data or "")
        keys = (*ANY_KEYS, *(kind.contract if kind else ()))
        given: dict[str, Any] = {key: self[key].data for key in keys if self[key].data or key == "versions"}
        if "versions" not in given:
            self.versions.data = list(VERSIONS)  # as at first, should another endpoint be chosen next
        kept = self.earlier.contract if self.earlier else None
        if kept and kept.username and kept.username == given.get("username") and "password" not in given:
            given["password"] = kept.password
        return given
