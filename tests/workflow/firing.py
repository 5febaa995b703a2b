"""Rules made, and tickets changed so that they fire."""

from sqlalchemy import select

from portal import clock
from portal.core.actors import SYSTEM, Actor, ActorKind, Context
from portal.desk.ticket_work import create_ticket, edit_ticket
from portal.models import (
    Delivery,
    Rule,
    RuleAction,
    RuleCondition,
    RuleEvent,
    Ticket,
    Udf,
)

RESOURCE = Actor(ActorKind.RESOURCE, "Tess Technician")
API = Actor(ActorKind.API, "Mock RMM")
CONTACT = Actor(ActorKind.CONTACT, "Carl Customer")
ACTORS = {"resource": RESOURCE, "api": API, "contact": CONTACT, "system": SYSTEM}


def make_rule(session, callout, events=(("edited", "anyone"),), conditions=(), **values) -> Rule:
    rule = Rule(
        **{"name": f"Rule {session.query(Rule).count()}", "created_at": clock.now()} | values,
        events=[RuleEvent(kind=kind, actor=actor) for kind, actor in events],
        conditions=[
            RuleCondition(field=field, operator=operator, operands=list(operands))
            for field, operator, *operands in conditions
        ],
        actions=[RuleAction(kind="execute_callout", callout_id=callout.id)],
    )
    session.add(rule)
    session.commit()
    return rule


def create(session, company, *, actor=RESOURCE, udfs=None, at=None, **values) -> Ticket:
    given = {"title": "Disk full", "company_id": company.id} | values
    ticket, _ = create_ticket(session(), Context(actor, at or clock.now(), "DEV3.COM"), given, udfs or {})
    session.commit()
    return ticket


def edit(session, ticket, *, actor=RESOURCE, udfs=None, at=None, **values) -> None:
    edit_ticket(session(), Context(actor, at or clock.now(), "DEV3.COM"), ticket.id, values, udfs or {})
    session.commit()


def fired(session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def make_udf(session, kind: str = "text", **values: object) -> Udf:
    udf = Udf(**{"name": f"{kind} {session.query(Udf).count()}", "type": kind} | values)
    session.add(udf)
    session.commit()
    return udf
