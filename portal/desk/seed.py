"""What a new portal starts with: the lists of ticket fields, and the administrator."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.tickets import LISTS
from portal.models import PicklistValue, Resource
from portal.models.people import ADMINISTRATOR, fold_user_name


def seed_lists(session: Session) -> None:
    """Fill each list that is still empty. The caller commits."""
    for list_name, (_, values) in LISTS.items():
        if session.scalar(select(PicklistValue.id).filter_by(list_name=list_name).limit(1)) is None:
            session.add_all(
                PicklistValue(list_name=list_name, value=value, label=label, sort=sort, system=system)
                for sort, (value, label, system) in enumerate(values)
            )


def has_resources(session: Session) -> bool:
    return session.scalar(select(Resource.id).limit(1)) is not None


def make_first_admin(session: Session, user_name: str, password_hash: str) -> Resource | None:
    """Make the administrator of a portal that has no resource yet. The caller commits."""
    if has_resources(session):
        return None
    admin = make_admin(session, user_name, password_hash)
    admin.email1 = "admin@portal.example"
    return admin


def make_admin(session: Session, user_name: str, password_hash: str) -> Resource:
    """Make a resource an active administrator with this password hash. The caller commits."""
    admin = session.scalar(select(Resource).filter_by(user_name_key=fold_user_name(user_name)))
    if admin is None:
        admin = Resource(first_name="Portal", last_name="Administrator", user_name=user_name)
        session.add(admin)
    admin.security_level, admin.active, admin.password_hash = ADMINISTRATOR, True, password_hash
    session.flush()
    return admin
