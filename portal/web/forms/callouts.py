"""The editor of an extension callout: it parses and shows; what is right is decided by the use case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from wtforms import BooleanField, Field, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from portal.callouts.fields import FIELDS, LIMITS, PLAIN, SCHEDULE, CalloutValues
from portal.callouts.fields import Field as Declared
from portal.callouts.formats import FORMATS
from portal.core.declared import NOT_A_NUMBER, Kind, whole_number
from portal.desk import references
from portal.desk.callout_values import (
    UNCHANGED,
    Keep,
    PasswordChange,
    Remove,
    Replace,
    Retire,
    Rotate,
    SigningChange,
)
from portal.models import Callout
from portal.web.forms.base import PortalForm, choice

KEEP, REPLACE, REMOVE = "keep", "replace", "remove"
PASSWORD_ACTIONS = {KEEP: "Keep the stored password", REPLACE: "Replace it", REMOVE: "Remove it"}
MAKE, TYPE, RETIRE = "make", "type", "retire"
_AGAIN = "Type the {} again: the page does not keep it while something else is corrected."
# what a new callout begins with
_NEW = CalloutValues(name="", url="")


def _choices(labels: Mapping[str, str]) -> list[SelectChoice]:
    return [choice(value, label) for value, label in labels.items()]


def _transport_choices() -> list[SelectChoice]:
    """Tell the page what each transport can't carry, in words."""
    return [SelectChoice(each, each, {"data-limit": _limit(each)}) for each in FIELDS["transport"].choices]


def _limit(transport: str) -> str:
    carried = [each.label for each in FORMATS.values() if transport in each.transports]
    others = [each for each in FORMATS.values() if transport not in each.transports]
    if not others:
        return ""
    instead = sorted({other for each in others for other in each.transports})
    labels = " or ".join(each.label for each in others)
    return f"{transport} carries {' and '.join(carried)} only. For {labels}, choose {' or '.join(instead)}."


def _format_choices() -> list[SelectChoice]:
    """Tell the page which transports carry each format."""
    return [
        SelectChoice(each.name, each.label, {"data-transports": " ".join(each.transports)})
        for each in FORMATS.values()
    ]


_MARKED_CHOICES = {"transport": _transport_choices, "data_format": _format_choices}


def _field(declared: Declared) -> Field:
    """Make the form's field of a declaration."""
    if declared.secret:
        return PasswordField(declared.label)
    default = getattr(_NEW, declared.column)
    match declared.kind:
        case Kind.FLAG:
            return BooleanField(declared.label, default=default)
        case Kind.REFERENCE:
            return SelectField(declared.label, default="")
        case Kind.CHOICE:
            choices = _MARKED_CHOICES.get(declared.name, lambda: _choices(declared.choices))()
            return SelectField(declared.label, choices=choices, default=default)
        case _:
            return StringField(declared.label, default=declared.typed(default))


class CalloutForm(PortalForm):
    """It has a field for each of FIELDS, and what follows."""

    password_action = RadioField(FIELDS["password"].label, choices=_choices(PASSWORD_ACTIONS), default=KEEP)
    signing_action = RadioField(FIELDS["signing_secret"].label, default=KEEP)
    # when the callout was last changed, as the editor opened it
    seen = HiddenField()
    signs = False
    """Whether a signing secret is stored."""

    def values(self, callout: Callout | None = None) -> CalloutValues:
        """Return what was entered, and what is stored where nobody touched it.

        A field that the page has switched off, since the format or the schedule has no use for it, is not sent:
        it is empty, unless it was switched off already when the page came.
        """
        found: dict[str, Any] = {each.column: self._value(each) for each in PLAIN.values()}
        found["recipients"] = recipients_entered()
        if callout:
            found |= {
                each.column: getattr(callout, each.column) for each in PLAIN.values() if self._is_kept(each)
            }
            if found["recipients"] == shown_recipients(callout):
                found["recipients"] = frozenset((each.resource_id, each.slot) for each in callout.recipients)
        return CalloutValues(**found)

    def _value(self, declared: Declared) -> Any:
        """Return what was entered; a switched-off choice that the browser did not send is the first one."""
        data = self[declared.name].data
        return data if declared.kind in {Kind.FLAG, Kind.CHOICE} else declared.parse(data or "")

    def _is_kept(self, declared: Declared) -> bool:
        off = declared.by and not self[declared.name].raw_data
        return self.untouched(declared.by if off else declared.name)

    def password_change(self) -> PasswordChange:
        """Return what becomes of the password. What a browser fills in by itself is none while "keep" is chosen."""
        chosen = self.password_action.data if self.password_action.raw_data else ""
        typed = self.password.data or ""
        if chosen in {KEEP, REMOVE}:
            return Keep() if chosen == KEEP else Remove()
        return Replace(typed) if typed or chosen == REPLACE else Keep()

    def signing_change(self, made: str) -> SigningChange:
        """Return what becomes of the signing secret; ``made`` is the new one where the portal was asked for it."""
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
        folded = [each for each in PLAIN.values() if each.section in {SCHEDULE, LIMITS}]
        return (
            self.signing_action.data != KEEP
            or any(self[each.name].data != self[each.name].default for each in folded)
            or any(self[name].errors for name in ("signing_secret", *(each.name for each in folded)))
        )

    def declared(
        self, section: str, filled: Mapping[str, object]
    ) -> list[tuple[Field, dict[str, Any], bool]]:
        """List a section's fields, each with its attributes and whether it is wide; ``filled`` goes into their help."""
        return [
            (self[each.name], _attributes(each, filled), each.wide)
            for each in PLAIN.values()
            if each.section == section
        ]

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


for _declared in FIELDS.values():
    setattr(CalloutForm, _declared.name, _field(_declared))


def _attributes(declared: Declared, filled: Mapping[str, object]) -> dict[str, Any]:
    """Write what a field's control and its help are in HTML, and when the script switches it off."""
    bounds = {"least": f"{declared.least:,}", "most": f"{declared.most:,}"}
    found: dict[str, Any] = {
        "help": declared.help.format_map({**filled, **bounds}),
        "required": declared.required,
    }
    if declared.mono:
        found["class"] = "mono"
    if not declared.spellcheck:
        found |= {"spellcheck": "false", "autocapitalize": "none"}
    if declared.placeholder and declared.kind is not Kind.REFERENCE:
        found["placeholder"] = declared.placeholder
    if declared.kind is Kind.NUMBER:
        found |= {"inputmode": "numeric", "maxlength": 18}
    if declared.kind is Kind.URL:
        found["inputmode"] = "url"
    if declared.by:
        off = f"Not used with “{{chosen}}”, only with {declared.where()}."
        found |= {
            "data-by": declared.by,
            "data-under": " ".join(declared.under),
            "data-off": off,
            "required": False,
        }
        if declared.required:
            found["data-required"] = ""
    return found


def form_of(session: Session, callout: Callout | None) -> CalloutForm:
    """Make the form from the request when it was posted, else from what is stored."""
    form = CalloutForm(data=_data(callout) if callout else None)
    form.signs = bool(callout and callout.signing_secret_encrypted)
    for name, each in PLAIN.items():
        if each.refers_to:
            chosen = "" if callout is None else each.typed(getattr(callout, each.column))
            options = references.offered(references.options_of(session, each), [chosen])
            form[name].choices = [
                choice("", each.placeholder),
                *(choice(one.value, one.label) for one in options),
            ]
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


def recipients_entered() -> frozenset[tuple[int, int]]:
    """Read the ticked addresses, each as "<resource id>:<slot>"."""
    pairs = (text.partition(":") for text in request.form.getlist("recipients"))
    return frozenset(
        (whole_number(resource) or NOT_A_NUMBER, whole_number(slot) or NOT_A_NUMBER)
        for resource, _, slot in pairs
    )


def shown_recipients(callout: Callout) -> frozenset[tuple[int, int]]:
    """Return the ticks that a callout's page shows: of addresses that are there."""
    return frozenset(
        (each.resource_id, each.slot) for each in callout.recipients if each.resource.email(each.slot)
    )


def _data(callout: Callout) -> dict[str, object]:
    shown = {name: (each, getattr(callout, each.column)) for name, each in PLAIN.items()}
    return {
        "seen": callout.updated_at.isoformat() if callout.updated_at else "",
        **{
            name: value if each.kind is Kind.FLAG else each.typed(value)
            for name, (each, value) in shown.items()
        },
    }
