"""What comes of a rule that fires, in the transaction of the ticket's change."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.core.actors import Context
from portal.core.declared import Kind, Setting
from portal.db.engine import db
from portal.delivery import due, outbox
from portal.desk.ticket_work import edit_ticket
from portal.models import (
    Callout,
    Delivery,
    PicklistValue,
    RuleAction,
    Ticket,
    TicketHistory,
)
from portal.workflow.actions import ACTIONS
from tests.conftest import BOTH
from tests.workflow.firing import RESOURCE, create, edit, fired, make_rule, make_udf

# What comes of it


def test_a_rule_may_execute_several_callouts_and_a_callout_may_have_several_rules(session, ticket, callout):
    second = Callout(name="Another RMM", url="http://127.0.0.1:9/", data_format="name_value")
    session.add(second)
    session.commit()
    both = make_rule(session, callout, name="both")
    both.actions.append(RuleAction(kind="execute_callout", callout_id=second.id))
    make_rule(session, callout, name="one")
    edit(session, ticket, title="Another")
    assert [(each.rule_name, each.callout_name) for each in fired(session)] == [
        ("both", "Acme RMM"),
        ("both", "Another RMM"),
        ("one", "Acme RMM"),
    ]


def test_an_inactive_callout_is_skipped_and_the_delivery_says_so(session, ticket, callout):
    callout.active = False
    make_rule(session, callout)
    edit(session, ticket, title="Another")
    (delivery,) = fired(session)
    assert delivery.state == "skipped"
    assert "inactive" in delivery.reason
    assert delivery.ended_at is not None
    assert due.due_callouts(session(), delivery.due_at) == []


def test_when_it_last_fired_is_kept_also_without_a_delivery(session, company, callout):
    callout.udf_id = make_udf(session).id
    rule = make_rule(session, callout)
    ticket = create(session, company)
    assert rule.last_fired_at is None
    for minutes in (1, 2):
        at = ticket.last_activity_at + timedelta(minutes=minutes)
        edit(session, ticket, at=at, title=f"After {minutes}")
        assert rule.last_fired_at == at
    assert fired(session) == []


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_callout_with_a_udf_runs_only_for_tickets_with_a_value_in_it(session, company, callout):
    udf, other = make_udf(session), make_udf(session)
    callout.udf_id = udf.id
    make_rule(session, callout, [("created", "anyone")])
    for value in ("A-1", "", "0", " \t\n", " x ", None):
        create(session, company, udfs={udf.id: value, other.id: "other"})
    assert [json.loads(each.fields)["udf"] for each in fired(session)] == ["A-1", "0", "x"]


def test_a_value_of_white_space_alone_counts_as_empty_however_it_was_stored(session, ticket, callout):
    udf = make_udf(session)
    callout.udf_id = udf.id
    make_rule(session, callout)
    session.execute(
        text("INSERT INTO ticket_udf (ticket_id, udf_id, value) VALUES (:ticket, :udf, ' ')"),
        {"ticket": ticket.id, "udf": udf.id},
    )
    edit(session, ticket, title="Another")
    assert fired(session) == []


def test_a_callout_without_a_udf_runs_for_all_tickets_and_sends_an_empty_one(session, company, callout):
    udf = make_udf(session)
    make_rule(session, callout, [("created", "anyone")])
    create(session, company)
    create(session, company, udfs={udf.id: "A-1"})
    assert [json.loads(each.fields)["udf"] for each in fired(session)] == ["", ""]


def test_the_edit_that_fills_the_field_is_told_and_the_one_that_empties_it_is_not(session, ticket, callout):
    udf = make_udf(session)
    callout.udf_id = udf.id
    make_rule(session, callout)
    edit(session, ticket, udfs={udf.id: "A-1"})
    edit(session, ticket, udfs={udf.id: ""})
    assert [json.loads(each.fields)["udf"] for each in fired(session)] == ["A-1"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_the_values_are_those_of_the_moment_of_the_event(session, company, callout):
    udf = make_udf(session)
    callout.udf_id = udf.id
    make_rule(session, callout, [("created", "anyone"), ("edited", "anyone")])
    at = datetime(2021, 11, 20, 15, 43, 34, 903_000, tzinfo=UTC)
    ticket = create(session, company, at=at, udfs={udf.id: "A-1"})
    later = datetime(2022, 3, 25, 15, 23, 58, 610_000, tzinfo=UTC)
    edit(session, ticket, at=later, status=8, udfs={udf.id: "A-2"})
    session.execute(text("UPDATE picklist_value SET label = 'Working' WHERE label = 'In Progress'"))
    edit(session, ticket, title="Another")
    first, second, third = (json.loads(each.fields) for each in fired(session))
    assert first == {
        "id": str(ticket.id),
        "number": "T20211120.0001",
        "status": "New",
        "created_datetime": "2021-11-20T10:43:34.9030000-05:00",
        "last_activity_datetime": "2021-11-20T10:43:34.9030000-05:00",
        "domain": "DEV3.COM",
        "udf": "A-1",
    }
    assert second == first | {
        "status": "In Progress",
        "last_activity_datetime": "2022-03-25T11:23:58.6100000-04:00",
        "udf": "A-2",
    }
    assert third["status"] == "Working"


def test_a_status_that_has_lost_its_label_is_sent_as_its_number(session, ticket, callout):
    make_rule(session, callout)
    edit(session, ticket, status=8)
    session.delete(session.scalars(select(PicklistValue).filter_by(list_name="status", value=8)).one())
    edit(session, ticket, title="Another")
    assert [json.loads(each.fields)["status"] for each in fired(session)] == ["In Progress", "8"]


# One transaction


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_failure_rolls_back_ticket_history_and_deliveries_alike(session, ticket, callout, monkeypatch, app):
    rule = make_rule(session, callout, name="a")
    make_rule(session, callout, name="b")
    bells = []
    monkeypatch.setattr(app.extensions["portal"].doorbell, "ring", lambda: bells.append(1))
    real, calls = outbox.enqueue, []

    def enqueue(*args, **values):
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("the second delivery can't be written")
        real(*args, **values)

    monkeypatch.setattr(outbox, "enqueue", enqueue)
    with pytest.raises(RuntimeError):
        edit(session, ticket, title="Another")
    session.rollback()
    assert (ticket.title, rule.last_fired_at) == ("Disk full on SRV1", None)
    assert session.scalar(select(func.count(TicketHistory.id)).filter_by(ticket_id=ticket.id)) == 1
    assert (fired(session), bells) == ([], [])


def test_nobody_sees_the_change_before_its_deliveries(session, ticket, callout):
    make_rule(session, callout)
    ticket_id = ticket.id
    session.commit()
    with Session(db.engine) as mine:
        edit_ticket(mine, Context(RESOURCE, clock.now(), "DEV3.COM"), ticket_id, {"title": "Another"}, {})
        with Session(db.engine) as other:
            other.connection(execution_options={"reads": True})
            assert other.get(Ticket, ticket_id).title == "Disk full on SRV1"
            assert other.scalar(select(func.count(Delivery.id))) == 0
        mine.commit()
    session.expire_all()
    assert (ticket.title, len(fired(session))) == ("Another", 1)


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_change_that_is_not_committed_yet_holds_up_no_other_ticket(session, company, callout):
    rule = make_rule(session, callout)
    first, second = create(session, company), create(session, company)
    ids = first.id, second.id
    session.commit()
    context = Context(RESOURCE, clock.now(), "DEV3.COM")
    with Session(db.engine) as slow, Session(db.engine) as quick:
        edit_ticket(slow, context, ids[0], {"title": "Slow"}, {})
        quick.execute(text("SET LOCAL lock_timeout = '2s'"))
        edit_ticket(quick, context, ids[1], {"title": "Quick"}, {})
        quick.commit()
        slow.commit()
    session.expire_all()
    assert (first.title, second.title, len(fired(session))) == ("Slow", "Quick", 2)
    assert rule.last_fired_at == context.now


# Rules that change the ticket


class SetTitle:
    """A made-up action, whose setting is the ticket's new title."""

    name = "set_title"
    label = "Set the title"
    words = "set the title to {title}"
    settings = (Setting("title", "Title", Kind.TEXT),)

    def run(self, settings, effects) -> None:
        effects.edit_ticket({"title": settings["title"]}, {})


def when_title_becomes(session, callout, old: str, new: str) -> None:
    """A rule that executes a callout and gives the ticket the next title."""
    rule = make_rule(session, callout, conditions=[("title", "changed_to", old)], name=f"{old} to {new}")
    rule.actions.append(RuleAction(kind="set_title", params={"title": new}))
    session.commit()


def test_a_rule_that_changes_the_ticket_fires_others_at_most_five_in_a_chain(
    session, ticket, callout, monkeypatch
):
    monkeypatch.setitem(ACTIONS, "set_title", SetTitle())
    for number in range(1, 8):
        when_title_becomes(session, callout, str(number), str(number + 1))
    context = Context(RESOURCE, clock.now(), "DEV3.COM")
    changed, deliveries = edit_ticket(session(), context, ticket.id, {"title": "1"}, {})
    session.commit()
    assert changed.title == "6"
    assert [(each.id, each.rule_name) for each in fired(session)] == list(
        zip(deliveries, ["1 to 2", "2 to 3", "3 to 4", "4 to 5", "5 to 6"], strict=True)
    )
    lines = session.scalars(select(TicketHistory).filter_by(ticket_id=ticket.id).order_by(TicketHistory.id))
    assert [(line.actor, line.field, line.new) for line in lines][1:] == [
        ("Tess Technician", "Title", "1"),
        *(("System", "Title", str(number)) for number in range(2, 7)),
        (
            "System",
            "Workflow rules",
            "Stopped after a chain of 5 rules; “6 to 7” would have been the next.",
        ),
    ]


def test_rules_that_change_each_others_field_fire_once_each(session, ticket, callout, monkeypatch):
    monkeypatch.setitem(ACTIONS, "set_title", SetTitle())
    when_title_becomes(session, callout, "ping", "pong")
    when_title_becomes(session, callout, "pong", "ping")
    edit(session, ticket, title="ping")
    assert (ticket.title, [each.rule_name for each in fired(session)]) == (
        "ping",
        ["ping to pong", "pong to ping"],
    )
