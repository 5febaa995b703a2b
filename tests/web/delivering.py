"""Steps that tests of deliveries share: a change that makes one, its state, what its page shows."""

from sqlalchemy import select

from portal import clock
from portal.core.actors import Context
from portal.desk.ticket_work import edit_ticket
from portal.models import Delivery
from tests.conftest import TECHNICIAN
from tests.web.reading import tree_of

XML = {"Content-Type": "text/xml; charset=utf-8"}


def complete(session, ticket, status: int = 5) -> int:
    """Change a ticket so that its rule fires; give the id of the delivery that this makes."""
    edit_ticket(session(), Context(TECHNICIAN, clock.now(), "DEV3.COM"), ticket.id, {"status": status}, {})
    session.commit()
    return newest(session)


def newest(session) -> int:
    found = session.scalar(select(Delivery.id).order_by(Delivery.id.desc()).limit(1))
    session.commit()
    return found


def state_of(session, delivery_id: int) -> str:
    session.expire_all()
    state = session.get(Delivery, delivery_id).state
    session.commit()
    return state


def text_at(answer, element_id: str) -> str:
    return tree_of(answer).get_element_by_id(element_id).text_content()
