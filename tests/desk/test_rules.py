"""What the pages of workflow rules don't show: two at once, fingerprints, and sentences of odd rules."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.core.problems import Invalid, NotFound
from portal.core.rules import Condition
from portal.desk.callouts import delete_callout
from portal.desk.rule_sentences import RuleWords
from portal.desk.rules import (
    ActionValues,
    RuleValues,
    delete_rule,
    fingerprint,
    save_rule,
    set_rule_active,
    values_of,
)
from portal.models import Callout, Rule, RuleAction, RuleCondition, RuleEvent
from tests.conftest import BOTH
from tests.desk.racing import while_open

ZONE = ZoneInfo("Europe/Berlin")


@pytest.fixture
def values(session) -> RuleValues:
    callout = Callout(name="Acme RMM", url="https://rmm.example/")
    session.add(callout)
    session.commit()
    return RuleValues(
        "Tell Acme",
        events=(("created", "api"), ("edited", "anyone")),
        conditions=(
            Condition("status", "changed_to", ("5",)),
            Condition("title", "in_list", ("a", "b", "c")),
        ),
        actions=(ActionValues("execute_callout", callout.id),),
    )


def save(session, values: RuleValues, rule_id: int | None = None) -> Rule:
    return save_rule(session, rule_id, values, now=now())


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_who_take_a_name_at_once_the_second_is_told(app, session, values):
    save(session(), values)
    with pytest.raises(Invalid) as refused:
        while_open(app, session(), lambda other: save(other, values))
    assert refused.value.problems == {
        "name": "There is already a workflow rule named “Tell Acme”. Choose another name."
    }
    assert len(session.scalars(select(Rule)).all()) == 1


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_callout_that_is_deleted_during_the_save_is_told(app, session, values):
    delete_callout(session(), values.actions[0].callout_id, who="Ada", now=now())
    with pytest.raises(Invalid) as refused:
        while_open(app, session(), lambda other: save(other, values))
    assert refused.value.problems == {"actions-0-callout": "Choose the extension callout to execute."}
    assert session.scalar(select(Rule)) is None


def test_saving_again_leaves_no_parts_behind(session, values):
    rule = save(session(), values)
    session.commit()
    assert values_of(rule) == values
    save(session(), replace(values, events=values.events[:1], conditions=()), rule.id)
    session.commit()
    counts = [len(session.scalars(select(each)).all()) for each in (RuleEvent, RuleCondition, RuleAction)]
    assert counts == [1, 0, 1]
    delete_rule(session(), rule.id)
    session.commit()
    counts = [len(session.scalars(select(each)).all()) for each in (RuleEvent, RuleCondition, RuleAction)]
    assert counts == [0, 0, 0]


def test_a_fingerprint_differs_when_anything_entered_differs_and_only_then(session, values):
    rule = save(session(), values)
    session.commit()
    before = fingerprint(rule)
    rule.last_fired_at = now()
    for change in (
        {"name": "Other"},
        {"active": False},
        {"events": (("edited", "anyone"),)},
        {"events": (("created", "anyone"), ("edited", "anyone"))},
        {"conditions": ()},
        {"conditions": (Condition("status", "changed_to", ("1",)),)},
    ):
        save(session(), values, rule.id)
        session.commit()
        assert fingerprint(rule) == before
        save(session(), replace(values, **change), rule.id)
        session.commit()
        assert fingerprint(rule) != before, change


def test_what_is_gone_is_not_found(session, values):
    for act in (
        lambda: save(session(), values, 7),
        lambda: set_rule_active(session(), 7, active=True),
        lambda: delete_rule(session(), 7),
    ):
        with pytest.raises(NotFound):
            act()


def test_an_event_is_chosen_once(session, values):
    with pytest.raises(Invalid) as refused:
        save(session(), replace(values, events=(("edited", "anyone"), ("edited", "api"))))
    assert refused.value.problems == {"events": "Each event can be chosen once."}


def test_an_unknown_event_is_refused(session, values):
    with pytest.raises(Invalid) as refused:
        save(session(), replace(values, events=(("gone", "anyone"),)))
    assert "There is no event" in refused.value.problems["events"]


def test_a_rule_reads_as_three_sentences(session, values):
    words, rule = RuleWords(session(), ZONE), save(session(), values)
    assert words.events(rule) == "Created by an API user, or edited by anyone"
    assert words.conditions(rule) == "Status changed to Complete, and Title in list “a”, “b” or “c”"
    assert words.actions(rule) == "Execute extension callout “Acme RMM”"


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (
            Condition("due_at", "greater", ("2030-07-01T10:00:00+00:00",)),
            "Due greater than 1 Jul 2030, 12:00 CEST",
        ),
        (Condition("due_at", "empty"), "Due is empty"),
        (Condition("queue", "not_equal", ("8",)), "Queue not equal to Monitoring Alert"),
        (Condition("title", "contains", ("“x”",)), "Title contains ““x””"),
    ],
)
def test_values_are_told_as_pages_tell_them(session, values, condition, text):
    rule = save(session(), replace(values, conditions=(condition,)))
    assert RuleWords(session(), ZONE).conditions(rule) == text
