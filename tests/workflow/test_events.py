"""Which happenings are the event that a rule waits for, and which rules fire at all."""

from portal import clock
from portal.core.actors import Context
from portal.desk.ticket_work import add_note
from portal.models import (
    RuleAction,
)
from portal.workflow.events import EVENTS
from portal.workflow.events.event import BY
from tests.workflow.firing import ACTORS, API, RESOURCE, create, edit, fired, make_rule

# Events


def test_an_event_is_by_whom_it_says(session, company, callout, subtests):
    for kind in EVENTS:
        for who in BY:
            make_rule(session, callout, [(kind, who)], name=f"{kind} by {who}")
    for actor, values in ACTORS.items():
        with subtests.test(actor=actor):
            ticket = create(session, company, actor=values)
            before = fired(session)
            assert {each.rule_name for each in before if each.ticket_id == ticket.id} == {
                *(f"created by {who}" for who in BY if who in {"anyone", actor})
            }
            edit(session, ticket, actor=values, title="Another")
            assert {each.rule_name for each in fired(session)[len(before) :]} == {
                *(f"edited by {who}" for who in BY if who in {"anyone", actor})
            }


def test_events_of_one_rule_are_ored_and_fire_it_once(session, company, callout):
    rule = make_rule(session, callout, [("created", "api"), ("created", "anyone"), ("edited", "resource")])
    ticket = create(session, company, actor=API)
    assert len(fired(session)) == 1
    edit(session, ticket, actor=API, title="By the API")
    assert len(fired(session)) == 1
    edit(session, ticket, actor=RESOURCE, title="By a resource")
    assert [each.rule_name for each in fired(session)] == [rule.name] * 2


def test_a_rule_without_events_or_with_one_that_does_not_exist_never_fires(session, ticket, callout):
    for events in (
        [],
        [("", "anyone")],
        [("nonsense", "anyone")],
        [("edited", "")],
        [("edited", "nonsense")],
    ):
        make_rule(session, callout, events)
    edit(session, ticket, title="Another")
    assert fired(session) == []


def test_a_note_is_no_edit(session, ticket, callout):
    make_rule(session, callout, [(kind, "anyone") for kind in EVENTS])
    add_note(session(), Context(RESOURCE, clock.now(), "DEV3.COM"), ticket.id, title="x", description="y")
    session.commit()
    assert fired(session) == []


# Rules that do not fire


def test_an_inactive_rule_does_not_fire(session, ticket, callout):
    rule = make_rule(session, callout, active=False)
    edit(session, ticket, title="Another")
    assert fired(session) == []
    assert rule.last_fired_at is None


def test_a_rule_is_not_retroactive(session, company, callout):
    ticket = create(session, company, status=5)
    edit(session, ticket, title="Another")
    make_rule(session, callout, [("created", "anyone"), ("edited", "anyone")])
    assert fired(session) == []
    edit(session, ticket, title="A third")
    assert len(fired(session)) == 1


def test_a_rule_may_do_nothing(session, ticket, callout):
    rule = make_rule(session, callout)
    rule.actions = [RuleAction(kind="nonsense"), RuleAction(kind="execute_callout")]
    session.commit()
    edit(session, ticket, title="Another")
    assert fired(session) == []
    assert rule.last_fired_at is not None
