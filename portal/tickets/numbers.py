"""The daily sequence of ticket numbers: one statement, so that two tickets never share one."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from portal.models import TicketSequence


def next_in_day(session: Session, day: date) -> int:
    """Give the next number of an Eastern day, from 1. Held until the caller commits."""
    insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    statement = (
        insert(TicketSequence)
        .values(day=day, last=1)
        .on_conflict_do_update(index_elements=["day"], set_={"last": TicketSequence.last + 1})
        .returning(TicketSequence.last)
    )
    return session.execute(statement).scalar_one()
