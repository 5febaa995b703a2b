"""Whether a resource can be accepted, and if not, why: a sentence for each field."""

from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.emails import email_problem
from portal.core.texts import line_problem, trimmed
from portal.desk.passwords import password_problem
from portal.models import Resource
from portal.models.people import API_USER, EMAIL_SLOTS, SECURITY_LEVELS, fold_user_name

MAX_NAME, MAX_USER_NAME = 50, 100
_MAX_KEY, _MAX_ZONE = 200, 64
NOT_ONESELF = "You can't inactivate yourself. Another administrator can."


@dataclass(frozen=True, slots=True)
class ResourceValues:
    """What an admin enters. ``emails`` are primary, second and third; "" leaves the password as it is."""

    first_name: str
    last_name: str
    user_name: str
    security_level: str
    emails: tuple[str, str, str] = ("", "", "")
    active: bool = True
    time_zone: str = "America/New_York"
    password: str = field(default="", repr=False)


def cleaned(values: ResourceValues, stored: Resource | None = None) -> ResourceValues:
    """Return the values to store: stripped, except where they are exactly the stored ones."""
    first, second, third = (
        text if stored and text == stored.email(slot) else text.strip()
        for slot, text in zip(EMAIL_SLOTS, values.emails, strict=True)
    )
    return replace(
        values,
        first_name=trimmed(values.first_name, stored.first_name if stored else None),
        last_name=trimmed(values.last_name, stored.last_name if stored else None),
        user_name=trimmed(values.user_name, stored.user_name if stored else None),
        emails=(first, second, third),
    )


def problems(
    session: Session, values: ResourceValues, resource: Resource | None, *, by: int
) -> dict[str, str]:
    """Say what is wrong with cleaned values. ``resource`` is what is stored, None for a new one."""
    oneself = resource is not None and resource.id == by
    found = {
        "first_name": _name_problem("First name", values.first_name),
        "last_name": _name_problem("Last name", values.last_name),
        "user_name": _user_name_problem(session, values.user_name, resource),
        "security_level": _level_problem(values, resource, oneself=oneself),
        "active": NOT_ONESELF if oneself and not values.active else None,
        "time_zone": time_zone_problem(values.time_zone),
        "password": _password_problem(values, resource, oneself=oneself),
        **{f"email{slot}": _email_problem(values, slot) for slot in EMAIL_SLOTS},
    }
    same = _same(values, resource) if resource else set()
    return {name: sentence for name, sentence in found.items() if sentence and name not in same}


def _same(values: ResourceValues, resource: Resource) -> set[str]:
    """Return the fields that are unchanged: users are not asked to correct what they did not touch."""
    given = {f"email{slot}": values.emails[slot - 1] for slot in EMAIL_SLOTS}
    given |= {name: getattr(values, name) for name in ("first_name", "last_name", "user_name", "time_zone")}
    return {name for name, value in given.items() if value == getattr(resource, name)}


def user_name_taken(user_name: str) -> str:
    return f"Another resource has the user name “{user_name}” (capitals don't count). Choose another."


def time_zone_problem(name: str) -> str | None:
    try:
        known = 0 < len(name) <= _MAX_ZONE and bool(ZoneInfo(name))
    except (OSError, ValueError, LookupError):
        known = False
    return None if known else "Choose a time zone from the list."


def _name_problem(label: str, name: str) -> str | None:
    return line_problem(label, name, MAX_NAME) if name else f"{label} is required."


def _user_name_problem(session: Session, user_name: str, resource: Resource | None) -> str | None:
    if not user_name:
        return "User name is required."
    if problem := line_problem("User name", user_name, MAX_USER_NAME):
        return problem
    if not user_name.isprintable():
        return "User name holds an invisible character, so nobody could type it. Remove it."
    if ":" in user_name:
        return "The web services send “user:password”, so a user name can't hold a colon. Remove it."
    key = fold_user_name(user_name)
    if len(key) > _MAX_KEY:
        # some letters become three when capitals are set aside
        return "User name is too long. Shorten it."
    other = session.scalar(select(Resource.id).filter_by(user_name_key=key))
    return None if other is None or (resource and other == resource.id) else user_name_taken(user_name)


def _level_problem(values: ResourceValues, resource: Resource | None, *, oneself: bool) -> str | None:
    if resource and values.security_level == resource.security_level:
        return None
    if values.security_level not in SECURITY_LEVELS:
        return f"Choose one of: {', '.join(SECURITY_LEVELS.values())}."
    if oneself and resource and values.security_level != resource.security_level:
        return "You can't change your own security level. Another administrator can."
    return None


def _password_problem(values: ResourceValues, resource: Resource | None, *, oneself: bool) -> str | None:
    if values.password:
        if oneself:
            return "Change your own password on My profile, where the current one is asked."
        return password_problem(values.password)
    has_one = resource is not None and bool(resource.password_hash)
    if values.security_level == API_USER and values.active and not has_one:
        return "An API User signs in to the web services with a password. Enter one."
    return None


def _email_problem(values: ResourceValues, slot: int) -> str | None:
    address = values.emails[slot - 1]
    if not address:
        return None
    if problem := email_problem(address):
        return problem
    earlier = {each.casefold(): place for place, each in enumerate(values.emails[: slot - 1], 1)}
    same = earlier.get(address.casefold())
    return f"This is the {EMAIL_SLOTS[same]} address again. Enter each address once." if same else None
