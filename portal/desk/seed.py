"""What a new portal starts with: the lists of ticket fields, and the administrator."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.tickets import LISTS
from portal.models import PicklistValue


def seed_lists(session: Session) -> None:
    """Fill each list that is still empty. The caller commits."""
    for list_name, (_, values) in LISTS.items():
        if session.scalar(select(PicklistValue.id).filter_by(list_name=list_name).limit(1)) is None:
            session.add_all(
                PicklistValue(list_name=list_name, value=value, label=label, sort=sort, system=system)
                for sort, (value, label, system) in enumerate(values)
            )
