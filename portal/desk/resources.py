"""Save, activate and deactivate resources, and change their own settings. They are never deleted.

Every function works in the caller's transaction. Two guards hold for all of them: an active
administrator is always left, and nobody locks themselves out.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.problems import Invalid, NotFound
from portal.desk import resource_checks
from portal.desk.resource_checks import ResourceValues
from portal.models import Callout, CalloutRecipient, Resource
from portal.models.people import ADMINISTRATOR, EMAIL_SLOTS

NOT_CURRENT = "This is not your current password. Check that Caps Lock is off."
_LAST_ADMIN = (
    "This is the last active Administrator: without one, nobody could manage the portal. Make another "
    "resource an Administrator first."
)


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved resource, and the callouts that no longer notify an address that was removed."""

    resource: Resource
    unticked: list[Callout]


def save_resource(
    session: Session, resource_id: int | None, values: ResourceValues, *, by: int, password_hash: str = ""
) -> Saved:
    """Check and save a resource; ``resource_id`` is None for a new one, ``by`` is who does it.

    ``password_hash`` is that of the values' password, made before this transaction began.
    An address that is emptied loses its ticks on the Notification tabs of callouts. A new password, another level
    and inactivation end the resource's sessions. Raises NotFound and Invalid. The caller commits.
    """
    admins = _lock_admins(session)
    resource = None if resource_id is None else lock_resource(session, resource_id)
    values = resource_checks.cleaned(values, resource)
    problems = resource_checks.problems(session, values, resource, by=by)
    if resource and {"active", "security_level"}.isdisjoint(problems):
        problems |= _guard(resource, admins, values)
    if problems:
        raise Invalid(problems)
    if bool(values.password) != bool(password_hash):
        raise ValueError("a password without its hash, or a hash without a password")
    try:
        with session.begin_nested():
            resource = resource or Resource()
            _write(resource, values)
            resource.password_hash = password_hash or resource.password_hash
            session.add(resource)
    except IntegrityError as error:
        raise Invalid({"user_name": resource_checks.user_name_taken(values.user_name)}) from error
    return Saved(resource, _untick(session, resource))


def set_resource_active(session: Session, resource_id: int, *, active: bool, by: int) -> Resource:
    """Activate or deactivate a resource. Raises NotFound, and Invalid when a guard forbids it."""
    admins = _lock_admins(session)
    resource = lock_resource(session, resource_id)
    if not active:
        if resource.id == by:
            raise Invalid({"": resource_checks.NOT_ONESELF})
        if _is_last(resource, admins):
            raise Invalid({"": _LAST_ADMIN})
    resource.active = active
    return resource


def change_own_password(session: Session, resource_id: int, current: str, password_hash: str) -> Resource:
    """Set a resource's own password; its sessions end. The caller commits.

    ``current`` is the stored hash that the current password was checked against, before this transaction began;
    ``password_hash`` is "" if it was wrong. Raises NotFound, and Invalid also when another was set meanwhile.
    """
    resource = lock_resource(session, resource_id)
    if resource.password_hash != current or not password_hash:
        raise Invalid({"current": NOT_CURRENT})
    resource.password_hash = password_hash
    return resource


def set_own_time_zone(session: Session, resource_id: int, time_zone: str) -> Resource:
    """Set the zone in which a resource sees times. Raises NotFound and Invalid. The caller commits."""
    resource = lock_resource(session, resource_id)
    if problem := resource_checks.time_zone_problem(time_zone):
        raise Invalid({"time_zone": problem})
    resource.time_zone = time_zone
    return resource


def callouts_by_slot(session: Session, resource_id: int) -> dict[int, list[Callout]]:
    """Return the callouts that notify each of a resource's addresses."""
    query = (
        select(CalloutRecipient.slot, Callout)
        .join(Callout, Callout.id == CalloutRecipient.callout_id)
        .where(CalloutRecipient.resource_id == resource_id)
        .order_by(Callout.name)
    )
    found: dict[int, list[Callout]] = {slot: [] for slot in EMAIL_SLOTS}
    for slot, callout in session.execute(query):
        found[slot].append(callout)
    return found


def lock_resource(session: Session, resource_id: int) -> Resource:
    """Load a resource as it is now, and lock it until the commit. Raises NotFound."""
    query = select(Resource).filter_by(id=resource_id).with_for_update()
    resource: Resource | None = session.scalar(query.execution_options(populate_existing=True))
    if resource is None:
        raise NotFound(f"There is no resource with the id {resource_id}.")
    return resource


def lock_for_edit(session: Session, resource_id: int) -> Resource:
    """Lock in the order of ``save_resource``, and return the resource as it is now. Raises NotFound."""
    _lock_admins(session)
    return lock_resource(session, resource_id)


def _lock_admins(session: Session) -> set[int]:
    """Lock and return the active administrators: two may be deactivating each other at this moment."""
    query = select(Resource).filter_by(security_level=ADMINISTRATOR, active=True).order_by(Resource.id)
    rows = session.scalars(query.with_for_update().execution_options(populate_existing=True))
    return {each.id for each in rows}


def _is_last(resource: Resource, admins: set[int]) -> bool:
    return admins == {resource.id}


def _guard(resource: Resource, admins: set[int], values: ResourceValues) -> dict[str, str]:
    if not _is_last(resource, admins):
        return {}
    if values.security_level != ADMINISTRATOR:
        return {"security_level": _LAST_ADMIN}
    return {} if values.active else {"active": _LAST_ADMIN}


def _write(resource: Resource, values: ResourceValues) -> None:
    resource.first_name, resource.last_name = values.first_name, values.last_name
    resource.user_name = values.user_name
    resource.email1, resource.email2, resource.email3 = values.emails
    resource.active, resource.security_level = values.active, values.security_level
    resource.time_zone = values.time_zone


def _untick(session: Session, resource: Resource) -> list[Callout]:
    """Remove the resource from callouts that notify an address it no longer has."""
    gone: dict[int, Callout] = {}
    rows = session.scalars(select(CalloutRecipient).filter_by(resource_id=resource.id)).all()
    for row in rows:
        if not resource.email(row.slot):
            gone[row.callout_id] = session.get_one(Callout, row.callout_id)
            session.delete(row)
    session.flush()
    return sorted(gone.values(), key=lambda each: each.name)
