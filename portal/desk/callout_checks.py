"""Whether an extension callout can be accepted, and if not, why: a sentence for each field."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, assert_never

from sqlalchemy.orm import Session

from portal.callouts.fields import FIELDS, PLAIN, CalloutValues, Field
from portal.callouts.formats import FORMATS
from portal.callouts.signing import secret_problem
from portal.core.addresses import Allowed
from portal.core.callouts import GET
from portal.core.declared import Kind
from portal.core.texts import trimmed
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
from portal.desk.names import name_problem
from portal.http import urls
from portal.models import Callout, Resource, Udf
from portal.models.people import EMAIL_SLOTS
from portal.models.udf import TEXT

THING = "extension callout"
# these know by themselves what is stored
_ALWAYS_ASKED = {"url", "udf"}


def cleaned(values: CalloutValues, stored: Callout | None = None) -> CalloutValues:
    """Trim what was typed, and leave what is stored already as it is.

    A choice that does not apply goes back to its default.
    """
    changes: dict[str, Any] = {"name": trimmed(values.name, stored.name if stored else None)}
    for name, each in PLAIN.items():
        if name == "name" or _same(values, stored, (each.column,)):
            continue
        if each.kind in {Kind.TEXT, Kind.URL}:
            changes[name] = getattr(values, name).strip()
        elif each.kind is Kind.CHOICE and each.by and not _applies(each, values):
            changes[name] = str(each.initial)
    return replace(values, **changes)


def _same(values: CalloutValues, stored: Callout | None, columns: Iterable[str]) -> bool:
    return stored is not None and all(getattr(values, each) == getattr(stored, each) for each in columns)


def _applies(field: Field, values: CalloutValues) -> bool:
    """Say whether a field has a meaning here. What chooses that may itself be wrong: then it is not known."""
    chosen = getattr(values, field.by) if field.by else ""
    return not field.by or chosen in field.under or chosen not in FIELDS[field.by].choices


def problems(
    session: Session,
    values: CalloutValues,
    change: PasswordChange,
    callout: Callout | None,
    allowed: Allowed,
    signing: SigningChange = UNCHANGED,
) -> dict[str, str]:
    """Say what is wrong with cleaned values. ``callout`` is what is stored, None for a new one.

    ``allowed`` says which addresses the portal may send to.
    """
    most = FIELDS["name"].most
    own_id = callout.id if callout else None
    found = {name: _declared_problem(each, values) for name, each in PLAIN.items()} | {
        "name": name_problem(session, Callout, values.name, own_id, THING, most),
        "url": _url_problem(values, callout, allowed),
        "password": _password_problem(values, change, callout),
        "udf": _udf_problem(session, values.udf_id, callout),
        "recipients": _recipients_problem(session, values.recipients, callout),
        "signing_secret": _signing_problem(signing),
    }
    found["data_format"] = found["data_format"] or _pair_problem(values)
    return {
        name: sentence
        for name, sentence in found.items()
        # nobody is asked to correct what nobody touched
        if sentence
        and not (name in PLAIN and name not in _ALWAYS_ASKED and _same(values, callout, _causes(name)))
    }


def _causes(name: str) -> list[str]:
    """List the columns that a refusal of a field comes from."""
    field = FIELDS[name]
    return [
        field.column,
        *([field.by] if field.by else []),
        *(["transport"] if name == "data_format" else []),
    ]


def _declared_problem(field: Field, values: CalloutValues) -> str | None:
    """Say what is wrong with a field by its declaration. A number that is no whole one is out of every range."""
    value = getattr(values, field.column)
    if not field.by:
        return field.problem(value)
    chosen = getattr(values, field.by)
    if chosen in field.under:
        setting = field.under[chosen]
        if setting.required and value in ("", None):
            return f"{setting.word} is required for {FIELDS[field.by].choices[chosen]}."
        return setting.problem(value)
    if _applies(field, values) or value == field.initial:
        return None
    where = field.where()
    return f"{field.word} is for {where} only: clear this, or choose {where} as the {FIELDS[field.by].label}."


def _pair_problem(values: CalloutValues) -> str | None:
    chosen, transport = FORMATS[values.data_format], values.transport
    if transport in chosen.transports or transport not in FIELDS["transport"].choices:
        return None
    able = " or ".join(each.label for each in FORMATS.values() if transport in each.transports)
    reason = ", which has no body to carry it" if transport == GET else ""
    instead = " or ".join(chosen.transports)
    return f"{chosen.label} can't be sent by {transport}{reason}. Choose {instead}, or the format {able}."


def _url_problem(values: CalloutValues, callout: Callout | None, allowed: Allowed) -> str | None:
    """A URL that was saved under older rules stays until it (or the transport) is changed."""
    if not values.url:
        return FIELDS["url"].problem("")
    if callout and (values.url, values.transport) == (callout.url, callout.transport):
        return None
    return urls.saving_problem(values.url, values.transport, allowed)


def _password_problem(values: CalloutValues, change: PasswordChange, callout: Callout | None) -> str | None:
    match change:
        case Keep():
            return _kept_problem(values, callout)
        case Replace(password):
            return _new_password_problem(values.username, password)
        case Remove():
            return None
        case _:
            assert_never(change)


def _new_password_problem(username: str, password: str) -> str | None:
    if not password:
        return "Type the new password, or choose to keep or remove the stored one."
    if not username:
        return "A password is sent together with a user name. Enter the Username, or clear the password."
    return FIELDS["password"].problem(password)


def _kept_problem(values: CalloutValues, callout: Callout | None) -> str | None:
    """A stored password belongs to one receiver and one user name: it never follows to others unasked."""
    if callout is None or callout.password_encrypted is None or _same(values, callout, ("url", "username")):
        return None
    if not values.username:
        return "A password is stored, but there is no Username to send it with. Enter one, or remove the password."
    if values.url != callout.url and urls.url_problem(values.url) is None:
        before = _receiver(callout.url)
        if before != _receiver(values.url):
            return (
                f"The stored password was entered for {before}, and the URL now points elsewhere. "
                "Type the password for the new receiver, or remove it."
            )
    if values.username != callout.username:
        return "The stored password was entered for another user name. Type the password again, or remove it."
    return None


def _receiver(url: str) -> str:
    """Write scheme, host and port, which a password belongs to; of a URL that can't be read, all of it."""
    try:
        scheme, host, port = urls.host_of(url)
    except urls.BadUrl:
        return url
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _signing_problem(signing: SigningChange) -> str | None:
    match signing:
        case Rotate(secret):
            return secret_problem(secret) if secret else "Type the signing secret, or choose another way."
        case Keep() | Remove() | Retire():
            return None
        case _:
            assert_never(signing)


def _udf_problem(session: Session, udf_id: int | None, callout: Callout | None) -> str | None:
    if udf_id is None or (callout and callout.udf_id == udf_id):
        return None
    udf = session.get(Udf, udf_id)
    if udf is None or not udf.active:
        return "This user-defined field does not exist or is inactive. Choose another one."
    if udf.type != TEXT:
        return f"“{udf.name}” is not of type Text. Only Text fields can be chosen."
    return None


def _recipients_problem(
    session: Session, chosen: Iterable[tuple[int, int]], callout: Callout | None
) -> str | None:
    before = {(each.resource_id, each.slot) for each in callout.recipients} if callout else set()
    for resource_id, slot in sorted(set(chosen) - before):
        resource = session.get(Resource, resource_id) if slot in EMAIL_SLOTS else None
        if resource is None or not resource.email(slot):
            return "One of the ticked addresses does not exist any more. Check the ticks, and save again."
        if not resource.active:
            return f"{resource.name} is inactive and can't be added."
    return None
