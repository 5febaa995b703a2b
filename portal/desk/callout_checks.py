"""Whether an extension callout can be accepted, and if not, why: a sentence for each field."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import assert_never

from sqlalchemy.orm import Session

from portal.callouts.formats import FORMATS
from portal.callouts.signing import secret_problem
from portal.core.addresses import Allowed
from portal.core.callouts import (
    RESEND_CHOICES,
    RESEND_CUSTOM,
    RESEND_PRESETS,
    XML_RPC_STRUCT,
)
from portal.core.texts import line_problem, trimmed
from portal.desk.callout_format_checks import format_problems
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
from portal.desk.names import name_problem
from portal.http import urls
from portal.models import Callout, Resource, Udf
from portal.models.people import EMAIL_SLOTS
from portal.models.udf import TEXT

MAX_NAME, MAX_USERNAME, MAX_PASSWORD = 100, 255, 1000
THING = "extension callout"
_FORMAT = (
    "transport",
    "data_format",
    "method_name",
    "soap_action",
    "namespace_override",
    "xml_rpc_parameters",
)
# what a refusal of a field comes from; what is not named here knows by itself what is stored
_COMES_FROM = dict.fromkeys(_FORMAT, _FORMAT) | {
    **{name: (name,) for name in ("name", "username", "resend_after", "resend_preset")},
    **{name: (name,) for name in ("max_per_second", "max_parallel", "timeout_seconds")},
    "resend_seconds": ("resend_preset", "resend_seconds"),
    "resend_limit": ("resend_preset", "resend_limit"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number that may be left out: what the page calls it, and what it may be."""

    label: str
    least: int
    most: int


NUMBERS = {
    "resend_seconds": Number("Pause", 1, 86_400),
    "resend_limit": Number("Resends", 0, 1000),
    "max_per_second": Number("Deliveries a second", 1, 10_000),
    "max_parallel": Number("Parallel requests", 1, 500),
    "timeout_seconds": Number("Time-out", 1, 300),
}


def cleaned(values: CalloutValues, stored: Callout | None = None) -> CalloutValues:
    """Trim what was typed, and leave what is stored already as it is.

    The parameter style means something to formats that have one, and to no other.
    """
    chosen = FORMATS.get(values.data_format)
    styled = chosen is None or chosen.has_parameter_style or _same(values, stored, ("xml_rpc_parameters",))
    typed = ("url", "username", "method_name", "soap_action", "namespace_override")
    texts = {
        name: text if _same(values, stored, (name,)) else text.strip()
        for name, text in ((name, getattr(values, name)) for name in typed)
    }
    return replace(
        values,
        name=trimmed(values.name, stored.name if stored else None),
        xml_rpc_parameters=values.xml_rpc_parameters if styled else XML_RPC_STRUCT,
        **texts,
    )


def _same(values: CalloutValues, stored: Callout | None, names: Iterable[str]) -> bool:
    return stored is not None and all(getattr(values, name) == getattr(stored, name) for name in names)


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
    found = {
        "name": name_problem(session, Callout, values.name, callout.id if callout else None, THING, MAX_NAME),
        "url": _url_problem(values, callout, allowed),
        "username": _username_problem(values.username),
        "password": _password_problem(values, change, callout),
        "udf": _udf_problem(session, values.udf_id, callout),
        "resend_after": None if values.resend_after in RESEND_CHOICES else "Choose when it is sent again.",
        "recipients": _recipients_problem(session, values.recipients, callout),
        "signing_secret": _signing_problem(signing),
        **_sending_problems(values),
        **format_problems(values),
    }
    return {
        name: sentence
        for name, sentence in found.items()
        # nobody is asked to mend what nobody touched
        if sentence and not (name in _COMES_FROM and _same(values, callout, _COMES_FROM[name]))
    }


def _url_problem(values: CalloutValues, callout: Callout | None, allowed: Allowed) -> str | None:
    """A URL that was saved under older rules stays until it (or the transport) is changed."""
    if not values.url:
        return "URL is required: where is the callout sent?"
    if callout and (values.url, values.transport) == (callout.url, callout.transport):
        return None
    return urls.saving_problem(values.url, values.transport, allowed)


def _username_problem(username: str) -> str | None:
    if ":" in username:
        return "HTTP Basic sends “user:password”, so a user name can't hold a colon. Remove it."
    return line_problem("Username", username, MAX_USERNAME)


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
    return line_problem("The password", password, MAX_PASSWORD)


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


def _sending_problems(values: CalloutValues) -> dict[str, str | None]:
    """Check the resends and the limits. A number that is no whole one arrives as less than none."""
    if values.resend_preset not in RESEND_PRESETS:
        return {"resend_preset": "Choose how often it is sent again."}
    custom = values.resend_preset == RESEND_CUSTOM
    found = {name: _number_problem(getattr(values, name), each) for name, each in NUMBERS.items()}
    for name in ("resend_seconds", "resend_limit"):
        given = getattr(values, name) is not None
        if custom and not given:
            found[name] = f"{NUMBERS[name].label} is required for the custom schedule."
        elif given and not custom:
            found[name] = (
                f"{NUMBERS[name].label} is for the custom schedule only: clear this, or choose Custom."
            )
    return found


def _number_problem(value: int | None, number: Number) -> str | None:
    if value is None or number.least <= value <= number.most:
        return None
    return f"{number.label} is a whole number from {number.least} to {number.most:,}."


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
