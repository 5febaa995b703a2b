"""Tickets made and changed as the tests of the desk want them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.core.actors import Context
from portal.core.problems import Invalid
from portal.desk.ticket_work import add_note, create_ticket, edit_ticket
from portal.models import (
    Rule,
    RuleEvent,
    Ticket,
    TicketHistory,
    TicketNote,
)
from tests.conftest import TECHNICIAN
from tests.delivery.conftest import make_callout

MOMENT = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)


def create(session, company, *, actor=TECHNICIAN, at=None, udfs=None, **values) -> Ticket:
    given = {"title": "Disk full", "company_id": company.id} | values
    ticket, _ = create_ticket(session(), Context(actor, at or now(), "DEV3.COM"), given, udfs or {})
    session.commit()
    return ticket


def edit(session, ticket, *, actor=TECHNICIAN, at=None, seen=None, udfs=None, **values) -> Ticket:
    moment = at or now()
    edit_ticket(session(), Context(actor, moment, "DEV3.COM"), ticket.id, values, udfs or {}, seen=seen)
    session.commit()
    return ticket


def problems_of(do, *args, **values) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        do(*args, **values)
    args[0].rollback()
    for said in refused.value.problems.values():
        assert said[0].isupper() or said[0] == "“"
        assert said.endswith(".")
    return refused.value.problems


def history(session, ticket) -> list[tuple[str, str, str, str]]:
    rows = session.scalars(select(TicketHistory).filter_by(ticket_id=ticket.id).order_by(TicketHistory.id))
    return [(row.actor, row.field, row.old, row.new) for row in rows]


def watch_every_edit(session) -> None:
    """The basic rule: edited by anyone, no conditions."""
    callout = make_callout(session, "http://127.0.0.1:9/")
    rule = session.scalars(select(Rule).filter_by(name=f"Tell {callout.name}")).one()
    rule.conditions, rule.events = [], [RuleEvent(kind="edited")]
    session.commit()


def note(session, ticket, *, actor=TECHNICIAN, at=None, **values) -> TicketNote:
    given = {"title": "Called", "description": "No answer"} | values
    made, _ = add_note(session(), Context(actor, at or now(), "DEV3.COM"), ticket.id, **given)
    session.commit()
    return made
