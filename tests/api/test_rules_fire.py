"""Changes through the web services API fire rules, and ring the bell, like any other."""

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.models import Callout, Company, Delivery, Rule
from portal.models.rule import RuleAction, RuleEvent
from tests.api.conftest import Client, made, term


@pytest.fixture
def fields(company: Company) -> dict[str, object]:
    return {"AccountID": company.id, "Title": "Disk full", "Status": 1, "Priority": 1}


def rule(session, actor: str, kind: str) -> Rule:
    callout = Callout(
        name=f"{kind} by {actor}",
        url="http://127.0.0.1:9/",
        transport="POST",
        data_format="name_value",
        updated_at=now(),
    )
    session.add(callout)
    session.flush()
    row = Rule(
        name=f"{kind} by {actor}",
        created_at=now(),
        events=[RuleEvent(kind=kind, actor=actor)],
        actions=[RuleAction(kind="execute_callout", callout_id=callout.id)],
    )
    session.add(row)
    return row


def test_rules_fire_on_changes_through_the_api_by_who_made_them(rmm: Client, session, company, fields, look):
    for kind in ("created", "edited"):
        for actor in ("anyone", "resource", "api"):
            rule(session, actor, kind)
    session.commit()
    (ticket_id,) = made(rmm.create(rmm.ticket(**fields)))
    fired = {each.rule_name for each in look(select(Delivery))}
    assert fired == {"created by anyone", "created by api"}
    made(rmm.update(rmm.ticket(id=ticket_id, Status=5)))
    assert {each.rule_name for each in look(select(Delivery))} - fired == {
        "edited by anyone",
        "edited by api",
    }


def test_the_doorbell_rings_after_a_change_and_not_after_a_query(app, rmm: Client, session, company, fields):
    bell = app.extensions["portal"].doorbell
    rule(session, "anyone", "created")
    session.commit()
    rmm.find("Ticket", term("id", "GreaterThan", 0))
    assert bell.queue.count == 0
    made(rmm.create(rmm.ticket(**fields)))
    assert bell.queue.count == 1
