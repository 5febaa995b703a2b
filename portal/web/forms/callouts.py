"""The editor of an extension callout: it parses and shows; what is right is decided by the use case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from wtforms import BooleanField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from portal.callouts.formats import FORMATS
from portal.core.callouts import (
    POST,
    RESEND_ANY,
    RESEND_CHOICES,
    RESEND_ORIGINAL,
    RESEND_PRESETS,
    TRANSPORTS,
    XML_RPC_CHOICES,
    XML_RPC_STRUCT,
)
from portal.desk.callout_checks import NUMBERS
from portal.desk.callout_values import (
    UNCHANGED,
    CalloutValues,
    Keep,
    PasswordChange,
    Remove,
    Replace,
    Retire,
    Rotate,
    SigningChange,
)
from portal.models import Callout, Udf
from portal.models.udf import TEXT
from portal.web.forms.base import PortalForm, choice

KEEP, REPLACE, REMOVE = "keep", "replace", "remove"
PASSWORD_ACTIONS = {KEEP: "Keep the stored password", REPLACE: "Replace it", REMOVE: "Remove it"}
MAKE, TYPE, RETIRE = "make", "type", "retire"
NO_UDF = "All tickets, whatever their fields say"
_COLUMNS = (
    "name",
    "active",
    "url",
    "username",
    "transport",
    "data_format",
    "method_name",
    "soap_action",
    "namespace_override",
    "xml_rpc_parameters",
    "resend_after",
    "resend_preset",
    "only_on_failure",
)
# the fields that the page switches off, and what by
_SWITCHED_BY = {
    "method_name": "data_format",
    "soap_action": "data_format",
    "namespace_override": "data_format",
    "xml_rpc_parameters": "data_format",
    "resend_seconds": "resend_preset",
    "resend_limit": "resend_preset",
}
_AGAIN = "Type the {} again: the page does not keep it while something else is mended."
_NONE = -1
_ID_DIGITS = 18


def _choices(labels: Mapping[str, str]) -> list[SelectChoice]:
    return [choice(value, label) for value, label in labels.items()]


def _transport_choices() -> list[SelectChoice]:
    """Tell the page what each transport can't carry, in words."""
    return [SelectChoice(each, each, {"data-limit": _limit(each)}) for each in TRANSPORTS]


def _limit(transport: str) -> str:
    carried = [each.label for each in FORMATS.values() if transport in each.transports]
    others = [each for each in FORMATS.values() if transport not in each.transports]
    if not others:
        return ""
    instead = sorted({other for each in others for other in each.transports})
    labels = " or ".join(each.label for each in others)
    return f"{transport} carries {' and '.join(carried)} only. For {labels}, choose {' or '.join(instead)}."


def _format_choices() -> list[SelectChoice]:
    """Tell the page what each format needs, so that it can switch the fields on and off."""
    return [
        SelectChoice(
            each.name,
            each.label,
            {
                "data-transports": " ".join(each.transports),
                "data-method": "yes" if each.needs_method_name else "no",
                "data-action": "yes" if each.needs_soap_action else "no",
                "data-style": "yes" if each.has_parameter_style else "no",
            },
        )
        for each in FORMATS.values()
    ]


class CalloutForm(PortalForm):
    name = StringField("Name")
    active = BooleanField("Active", default=True)
    url = StringField("URL")
    username = StringField("Username")
    password_action = RadioField("Password", choices=_choices(PASSWORD_ACTIONS), default=KEEP)
    password = PasswordField("Password")
    udf = SelectField("Ticket User-Defined Field", default="")
    transport = SelectField("HTTP Transport Method", choices=_transport_choices(), default=POST)
    data_format = SelectField("Data Format", choices=_format_choices(), default="name_value")
    method_name = StringField("Method Name")
    soap_action = StringField("SOAP Action")
    namespace_override = StringField("Namespace override")
    xml_rpc_parameters = SelectField(
        "XML-RPC parameters", choices=_choices(XML_RPC_CHOICES), default=XML_RPC_STRUCT
    )
    resend_after = SelectField("Resend after", choices=_choices(RESEND_CHOICES), default=RESEND_ANY)
    resend_preset = SelectField("Resend schedule", choices=_choices(RESEND_PRESETS), default=RESEND_ORIGINAL)
    resend_seconds = StringField("Pause, in seconds")
    resend_limit = StringField("Number of resends")
    max_per_second = StringField("Deliveries a second")
    max_parallel = StringField("Parallel requests")
    timeout_seconds = StringField("Time-out, in seconds")
    signing_action = RadioField("Signing secret", default=KEEP)
    signing_secret = PasswordField("Signing secret")
    only_on_failure = BooleanField("Do not generate e-mail notification unless a failure is detected")
    # when the callout was last changed, as the editor opened it
    seen = HiddenField()
    signs = False
    """Whether a signing secret is stored."""

    def values(self, callout: Callout | None = None) -> CalloutValues:
        """Give what was entered, and what is stored where nobody touched it.

        A field that the page has switched off, since the format or the schedule has no use for it, is not sent:
        it is empty, unless it was switched off already when the page came.
        """
        found: dict[str, Any] = {name: self._value(name) for name in (*_COLUMNS, *NUMBERS)}
        found |= {"udf_id": _id(self.udf.data or ""), "recipients": recipients_entered()}
        if callout:
            found |= {name: getattr(callout, name) for name in (*_COLUMNS, *NUMBERS) if self._is_kept(name)}
            if self.untouched("udf"):
                found["udf_id"] = callout.udf_id
            if found["recipients"] == shown_recipients(callout):
                found["recipients"] = frozenset((each.resource_id, each.slot) for each in callout.recipients)
        return CalloutValues(**found)

    def _value(self, name: str) -> Any:
        field = self[name]
        if name in NUMBERS:
            return _number(field.data or "")
        return field.data if isinstance(field, BooleanField | SelectField) else field.data or ""

    def _is_kept(self, name: str) -> bool:
        switch = _SWITCHED_BY.get(name)
        off = switch and not self[name].raw_data
        return self.untouched(switch) if switch and off else self.untouched(name)

    def password_change(self) -> PasswordChange:
        """Give what becomes of the password. What a browser fills in by itself is none while "keep" is chosen."""
        chosen = self.password_action.data if self.password_action.raw_data else ""
        typed = self.password.data or ""
        if chosen in {KEEP, REMOVE}:
            return Keep() if chosen == KEEP else Remove()
        return Replace(typed) if typed or chosen == REPLACE else Keep()

    def signing_change(self, made: str) -> SigningChange:
        """Give what becomes of the signing secret; ``made`` is the new one where the portal was asked for it."""
        typed = (self.signing_secret.data or "").strip()
        match self.signing_action.data:
            case "remove":
                return Remove()
            case "retire":
                return Retire()
            case "make":
                return Rotate(made)
            case "type":
                return Rotate(typed)
            case _:
                # where none is stored there is nothing to keep, and a typed one is meant
                return Rotate(typed) if typed and not self.signs else UNCHANGED

    def ignored(self) -> list[str]:
        """Name the secrets that stand in a field although they were chosen to stay as they are."""
        pairs = ((self.password, self.password_action), (self.signing_secret, self.signing_action))
        return [
            field.label.text.lower()
            for field, action in pairs
            if field.data
            and action.raw_data
            and action.data == KEEP
            and (self.signs or field is self.password)
        ]

    def sending_is_set(self) -> bool:
        """Say whether anything of the folded part differs from a new callout, or is wrong."""
        names = ("resend_preset", *NUMBERS, "signing_secret")
        return (
            self.resend_preset.data != RESEND_ORIGINAL
            or self.signing_action.data != KEEP
            or any(self[name].data for name in NUMBERS)
            or any(self[name].errors for name in names)
        )

    def seen_at(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return None

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """Put each sentence beside its field. A typed secret is not shown again, and the page says so."""
        again = {
            name: _AGAIN.format(field.label.text.lower())
            for name, field in (("password", self.password), ("signing_secret", self.signing_secret))
            if field.data and name not in problems and field.label.text.lower() not in self.ignored()
        }
        self.show({**problems, **again})


def form_of(session: Session, callout: Callout | None) -> CalloutForm:
    """Make the form, from the request when it was posted, else from what is stored."""
    form = CalloutForm(data=_data(callout) if callout else None)
    form.signs = bool(callout and callout.signing_secret_encrypted)
    form.udf.choices = udf_choices(session, callout)
    form.signing_action.choices = _choices(_signing_actions(callout))
    return form


def _signing_actions(callout: Callout | None) -> dict[str, str]:
    """Offer what can be done to the signing secrets that are stored, if any are."""
    if callout is None or not callout.signing_secret_encrypted:
        return {KEEP: "None", MAKE: "Make one, and show it once after saving", TYPE: "Type one"}
    if callout.signing_secret_old_encrypted:
        return {
            KEEP: "Keep both: the newer and the older one sign",
            RETIRE: "Remove the older one: the receiver knows the newer one",
            MAKE: "Rotate again: make another, and forget the older one",
            TYPE: "Rotate again: type another, and forget the older one",
            REMOVE: "Remove both, and sign no more",
        }
    return {
        KEEP: "Keep the stored one",
        MAKE: "Rotate: make another; both sign until you remove the older one",
        TYPE: "Rotate: type another; both sign until you remove the older one",
        REMOVE: "Remove it, and sign no more",
    }


def udf_choices(session: Session, callout: Callout | None) -> list[SelectChoice]:
    """Offer the active fields of type Text, and the one that is chosen already, whatever it is now."""
    chosen = callout.udf_id if callout else None
    usable = (Udf.type == TEXT) & Udf.active
    query = select(Udf).where(or_(usable, Udf.id == chosen)).order_by(Udf.name)
    named = [
        choice(udf.id, udf.name if udf.active else f"{udf.name} (inactive)") for udf in session.scalars(query)
    ]
    return [choice("", NO_UDF), *named]


def recipients_entered() -> frozenset[tuple[int, int]]:
    """Read the ticked addresses, each as "<resource id>:<slot>"."""
    pairs = (text.partition(":") for text in request.form.getlist("recipients"))
    return frozenset((_id(resource) or _NONE, _id(slot) or _NONE) for resource, _, slot in pairs)


def shown_recipients(callout: Callout) -> frozenset[tuple[int, int]]:
    """Give the ticks that a callout's page shows: of addresses that are there."""
    return frozenset(
        (each.resource_id, each.slot) for each in callout.recipients if each.resource.email(each.slot)
    )


def _data(callout: Callout) -> dict[str, object]:
    seen = callout.updated_at.isoformat() if callout.updated_at else ""
    numbers = {name: getattr(callout, name) for name in NUMBERS}
    return {name: getattr(callout, name) for name in _COLUMNS} | {
        **{name: "" if value is None else str(value) for name, value in numbers.items()},
        "udf": str(callout.udf_id or ""),
        "seen": seen,
    }


def _id(text: str) -> int | None:
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _ID_DIGITS else _NONE


def _number(text: str) -> int | None:
    """Read a number that may be left out; what is none can't be in any range."""
    return _id(text.strip())
