"""The lists of ticket fields: labels, order, activity, and which values stay whatever one does."""

import pytest

from portal.core.problems import NotFound
from portal.core.tickets import COMPLETE, DEFAULT_PRIORITY, LISTS, NEW
from portal.desk import lists
from portal.desk.lists import ValueEdit
from portal.models import PicklistValue
from tests.conftest import BOTH, make_ticket
from tests.desk.making import HOSTILE, make_rule, refused


def rows_of(session, list_name) -> list[PicklistValue]:
    return session.query(PicklistValue).filter_by(list_name=list_name).order_by(PicklistValue.sort).all()


def value_of(session, list_name, value) -> PicklistValue:
    return session.query(PicklistValue).filter_by(list_name=list_name, value=value).one()


def edits_of(session, list_name, **changes) -> dict[int, ValueEdit]:
    """The list as it is, with changes by label: edits_of(s, "queue", **{"Post Sale": {"label": "Sales"}})."""
    return {
        row.id: ValueEdit(
            **{"label": row.label, "place": place, "active": row.active} | changes.get(row.label, {})
        )
        for place, row in enumerate(rows_of(session, list_name), 1)
    }


def test_a_list_that_is_saved_as_it_is_does_not_change(subtests, session):
    for list_name in LISTS:
        with subtests.test(list_name=list_name):
            before = [(row.label, row.sort, row.active) for row in rows_of(session, list_name)]
            assert lists.save_list(session(), list_name, edits_of(session, list_name)) == 0
            assert [(row.label, row.sort, row.active) for row in rows_of(session, list_name)] == before


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_two_labels_can_change_places(session):
    changes = {"High": {"label": "Low"}, "Low": {"label": "High"}}
    assert lists.save_list(session(), "priority", edits_of(session, "priority", **changes)) == 2
    session.commit()
    assert value_of(session, "priority", 1).label == "Low"
    assert value_of(session, "priority", 3).label == "High"


def test_places_order_the_list_and_become_1_2_3(session):
    changes = {"Low": {"place": 0}, "Critical": {"place": 999}}
    lists.save_list(session(), "priority", edits_of(session, "priority", **changes))
    session.commit()
    assert [(row.label, row.sort) for row in rows_of(session, "priority")] == [
        ("Low", 0),
        ("High", 1),
        ("Medium", 2),
        ("Critical", 3),
    ]


def test_values_that_are_not_named_stay(session):
    only = value_of(session, "queue", 6)
    lists.save_list(session(), "queue", {only.id: ValueEdit("Sales", 1, active=False)})
    assert {row.label for row in rows_of(session, "queue") if row.active} == {
        "Client Portal",
        "Monitoring Alert",
        "Level I Support",
        "Level II Support",
    }
    assert value_of(session, "queue", 6).label == "Sales"


def test_a_system_status_keeps_its_label_and_stays(subtests, session):
    for value in [NEW, COMPLETE, 7]:
        with subtests.test(value=value):
            row = value_of(session, "status", value)
            changes = {row.label: {"label": "Other", "active": False}}
            problems = refused(lists.save_list, session(), "status", edits_of(session, "status", **changes))
            assert "is fixed" in problems[f"label:{row.id}"]
            assert "stays active" in problems[f"active:{row.id}"]
            assert (
                "the portal itself needs it" in refused(lists.delete_value, session(), "status", row.id)[""]
            )


def test_the_priority_of_new_tickets_stays_active_but_may_be_renamed(session):
    row = value_of(session, "priority", DEFAULT_PRIORITY)
    changes = {"Medium": {"active": False}}
    problems = refused(lists.save_list, session(), "priority", edits_of(session, "priority", **changes))
    assert "a new ticket has it" in problems[f"active:{row.id}"]
    lists.save_list(session(), "priority", edits_of(session, "priority", Medium={"label": "Normal"}))
    assert value_of(session, "priority", DEFAULT_PRIORITY).label == "Normal"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_label_that_can_not_be_kept_is_refused_in_words(subtests, session):
    for label in [*HOSTILE.values(), "low", "x" * 51]:
        with subtests.test(label=label):
            high = value_of(session, "priority", 1)
            edits = edits_of(session, "priority", High={"label": label})
            assert set(refused(lists.save_list, session(), "priority", edits)) == {f"label:{high.id}"}
            assert set(refused(lists.add_value, session(), "priority", label)) == {"label"}


def test_a_new_value_goes_last_with_the_next_number(session):
    row = lists.add_value(session(), "priority", " Someday ")
    assert (row.label, row.value, row.sort, row.active) == ("Someday", 5, 4, True)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_after_the_highest_number_the_lowest_free_one_is_given(session):
    assert lists.add_value(session(), "queue", "Far", 2**31 - 1).value == 2**31 - 1
    assert lists.add_value(session(), "queue", "Near").value == 1
    session.commit()


def test_a_number_that_a_ticket_still_has_is_not_given_again(session, company):
    ticket = make_ticket(session, company, source=8)
    session.delete(value_of(session, "source", 8))
    ticket.source = 9
    session.commit()
    assert lists.add_value(session(), "source", "Chat").value == 10


def test_a_number_out_of_range_is_refused(subtests, session):
    for value in [0, -1, 2**31, 10**30]:
        with subtests.test(value=value):
            assert (
                "from 1 to 2,147,483,647"
                in refused(lists.add_value, session(), "queue", "Far", value)["value"]
            )


def test_a_number_that_is_taken_names_its_owner(session):
    assert "“Monitoring Alert”" in refused(lists.add_value, session(), "queue", "Other", 8)["value"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_that_add_one_value_at_once_the_second_is_told(session, monkeypatch):
    lists.add_value(session(), "queue", "Night shift", 77)
    monkeypatch.setattr(lists, "_label_problem", lambda *_: None)
    assert "a moment ago" in refused(lists.add_value, session(), "queue", "Night shift")["label"]


def test_an_unused_value_can_be_deleted(session):
    row = value_of(session, "queue", 6)
    assert lists.delete_value(session(), "queue", row.id) == "Post Sale"
    session.commit()
    assert [row.value for row in rows_of(session, "queue")] == [5, 8, 29682833, 29682969]


def test_a_value_that_tickets_or_rules_use_stays(session, company):
    make_ticket(session, company, queue=6)
    make_rule(session, "Sold", "queue", "6")
    row = value_of(session, "queue", 6)
    problem = refused(lists.delete_value, session(), "queue", row.id)[""]
    assert "1 ticket has it, and the workflow rule “Sold” uses it. Inactivate it instead" in problem


def test_a_value_of_another_list_is_not_found(session):
    with pytest.raises(NotFound):
        lists.delete_value(session(), "queue", value_of(session, "source", 2).id)
    with pytest.raises(NotFound):
        lists.save_list(session(), "colour", {})
