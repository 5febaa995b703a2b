"""The editor of workflow rules by form post, as without JavaScript."""

import itertools

from sqlalchemy import select

from portal.core.rules import OPERATORS
from portal.desk.rule_fields import condition_fields
from portal.models import Delivery
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from portal.workflow.events import EVENTS
from portal.workflow.events.event import BY
from tests.conftest import make_ticket
from tests.web.reading import beside, form_data, message, rows, said, summary, tree_of
from tests.web.rules.conftest import LIST_PAGE, NEW, condition, sentence, stored

# saving


def test_the_recommended_rule_is_saved_and_fires_once_when_a_ticket_is_completed(
    as_admin, session, filled, company
):
    assert as_admin.post(NEW, data=filled).location == LIST_PAGE
    assert "It looks at changes from now on, not at earlier ones." in message(as_admin.get(LIST_PAGE))
    assert sentence(as_admin) == [
        "Edited by anyone",
        "Status changed to Complete",
        "Execute extension callout “Acme RMM”",
    ]
    ticket = make_ticket(session, company)
    as_admin.post(f"/tickets/{ticket.id}/complete")
    assert len(session.scalars(select(Delivery)).all()) == 1
    assert rows(as_admin.get(LIST_PAGE))[0][5] == "just now"


def test_each_event_can_be_chosen_with_each_kind_of_actor(as_admin, session, filled, subtests):
    del filled["event-edited"]
    for kind, who in itertools.product(EVENTS, BY):
        entered = {"name": f"{kind} {who}", f"event-{kind}": "y", f"event-{kind}-by": who}
        with subtests.test(kind=kind, who=who):
            assert as_admin.post(NEW, data=filled | entered).status_code == 302
            saved = stored(session, entered["name"])
            assert [(each.kind, each.actor) for each in saved.events] == [(kind, who)]
            assert sentence(as_admin, entered["name"])[0] == f"{EVENTS[kind].label} {BY[who][0]}"


def test_each_operator_is_saved_with_the_values_it_takes(as_admin, session, filled, subtests):
    for name, operator in OPERATORS.items():
        typed = {0: [], 1: ["disk"], -1: ["disk\r\n\r\n full \r\ndisk"]}[operator.operands]
        kept = {0: [], 1: ["disk"], -1: ["disk", "full"]}[operator.operands]
        words = {0: "", 1: " “disk”", -1: " “disk” or “full”"}[operator.operands]
        with subtests.test(name=name):
            sent = filled | condition("title", name, *typed) | {"name": name}
            assert as_admin.post(NEW, data=sent).status_code == 302
            assert (
                sentence(as_admin, name)[1] == f"Title {operator.label[0].lower()}{operator.label[1:]}{words}"
            )
            # and the editor shows what was saved, so that saving again changes nothing
            path = f"{LIST_PAGE}{stored(session, name).id}"
            again = form_data(as_admin.get(path), "rule-editor")
            for answer in (None, as_admin.post(path, data=again)):
                assert answer is None or answer.status_code == 302
                (row,) = stored(session, name).conditions
                assert (row.field, row.operator, row.operands) == ("title", name, kept)


def test_each_kind_of_field_is_entered_by_a_control_that_fits(as_admin, session, callout, subtests):
    for name in ["title", "status", "company_id", "assigned_resource_id", "due_at"]:
        with subtests.test(name=name):
            kinds = {"title": "text", "due_at": "datetime-local"}
            answer = as_admin.post(NEW, data=condition(name, "equal") | {"do": "refresh"})
            (control,) = tree_of(answer).xpath('//*[@name="conditions-0-value"]')
            if name in kinds:
                assert (control.tag, control.get("type")) == ("input", kinds[name])
            else:
                wanted = condition_fields(session())[name].options
                options = [(each.get("value"), each.text) for each in control.xpath("./option")[1:]]
                assert (control.tag, options) == ("select", [(each.value, each.label) for each in wanted])


def test_each_type_of_udf_is_entered_by_a_control_that_fits(as_admin, callout, udfs, subtests):
    for kind, control in [(TEXT, "text"), (NUMBER, "text"), (DATE, "date"), (LIST, None)]:
        with subtests.test(kind=kind, control=control):
            answer = as_admin.post(NEW, data=condition(f"udf:{udfs[kind].id}", "equal") | {"do": "refresh"})
            (found,) = tree_of(answer).xpath('//*[@name="conditions-0-value"]')
            assert found.get("type") == control
            if kind == NUMBER:
                assert found.get("inputmode") == "decimal"
            if kind == LIST:
                assert found.xpath("./option/@value") == ["", "Red", "Green"]


def test_several_values_of_a_list_are_ticked(as_admin, session, filled):
    answer = as_admin.post(NEW, data=filled | condition("status", "in_list", "1") | {"do": "refresh"})
    boxes = tree_of(answer).xpath('//main//input[@name="conditions-0-value"]')
    assert {each.get("type") for each in boxes} == {"checkbox"}
    assert [each.get("value") for each in boxes if each.get("checked") is not None] == ["1"]
    assert as_admin.post(NEW, data=filled | condition("status", "in_list", "1", "8")).status_code == 302
    assert sentence(as_admin)[1] == "Status in list New or In Progress"


def test_a_moment_is_typed_and_shown_in_the_admins_zone(as_admin, session, admin, filled):
    admin.time_zone = "Europe/Berlin"
    session.commit()
    as_admin.post(NEW, data=filled | condition("due_at", "less", "2030-01-31T14:00"))
    assert stored(session).conditions[0].operands == ["2030-01-31T13:00:00+00:00"]
    assert sentence(as_admin)[1] == "Due less than 31 Jan 2030, 14:00 CET"
    data = form_data(as_admin.get(f"{LIST_PAGE}{stored(session).id}"), "rule-editor")
    assert data["conditions-0-value"] == ["2030-01-31T14:00"]


def test_events_are_alternatives_and_conditions_add_up_in_words(as_admin, filled, udfs):
    filled |= {"event-created": "y", "event-created-by": "api"}
    filled |= condition(f"udf:{udfs[TEXT].id}", "not_empty", place=1)
    as_admin.post(NEW, data=filled)
    assert sentence(as_admin)[:2] == [
        "Created by an API user, or edited by anyone",
        "Status changed to Complete, and text field is not empty",
    ]


def test_a_rule_without_conditions_says_so(as_admin, filled):
    as_admin.post(NEW, data=filled | condition("", "equal"))
    assert sentence(as_admin)[1] == "No conditions"


def test_names_with_markup_stay_text(as_admin, session, filled, callout):
    callout.name = "<b>Acme</b>"
    session.commit()
    as_admin.post(NEW, data=filled | condition("title", "contains", "<i>") | {"name": "<u>"})
    assert sentence(as_admin, "<u>")[1:] == [
        "Title contains “<i>”",
        "Execute extension callout “<b>Acme</b>”",
    ]


# messages beside fields


BAD_CONDITIONS = [
    (("", "equal", "x"), "field", "Choose a field."),
    (("nothing", "equal", "x"), "field", "Choose a field."),
    (("title", "like", "x"), "operator", "Choose an operator."),
    (("status", "greater", "1"), "operator", "means nothing for Status"),
    (("due_at", "contains", "2030"), "operator", "means nothing for Due"),
    (("title", "equal"), "value", "Enter a value, or choose Is empty."),
    (("title", "equal", "  "), "value", "Enter a value, or choose Is empty."),
    (("title", "in_list"), "value", "Enter values."),
    (("title", "equal", "a", "b"), "value", "Choose In list for several."),
    (("title", "equal", "x" * 1001), "value", "at most 1,000 characters"),
    (("title", "in_list", "\n".join(map(str, range(201)))), "value", "at most 200 values"),
    (("title", "equal", "a\x00"), "value", "can't be stored"),
    (("status", "equal", "77"), "value", "has no active value “77”. It has: New,"),
    (("due_at", "less", "soon"), "value", "is a date and a time"),
]


def test_what_is_wrong_with_a_condition_is_said_in_its_row(as_admin, session, filled, subtests):
    for entered, part, text in BAD_CONDITIONS:
        with subtests.test(entered=entered, part=part, text=text):
            answer = as_admin.post(NEW, data=filled | condition(*entered))
            assert answer.status_code == 422
            assert list(beside(answer)) == [f"conditions-0-{part}"]
            assert text in beside(answer)[f"conditions-0-{part}"]
            assert stored(session) is None


def test_a_value_must_fit_the_type_of_its_udf(as_admin, filled, udfs, subtests):
    for kind, value, text in [
        (NUMBER, "many", "is a number"),
        (NUMBER, "NaN", "is a number"),
        (DATE, "31.1.2030", "is a date"),
        (LIST, "Blue", "has no active value “Blue”. It has: Red, Green."),
    ]:
        with subtests.test(kind=kind, value=value, text=text):
            answer = as_admin.post(NEW, data=filled | condition(f"udf:{udfs[kind].id}", "equal", value))
            assert text in beside(answer)["conditions-0-value"]


def test_a_rule_needs_a_name_an_event_and_an_action(as_admin, callout):
    answer = as_admin.post(NEW, data={})
    assert answer.status_code == 422
    assert beside(answer)["name"] == "Name is required."
    assert "Tick at least one event" in said(answer)
    assert "Add at least one action" in said(answer)
    assert summary(answer).startswith(
        "Nothing was saved yet. Correct what is marked: Name: Name is required."
    )


def test_odd_values_of_the_other_fields_are_refused_beside_them(as_admin, session, filled, callout):
    other = filled | {
        "event-edited-by": "nobody",
        "actions-0-callout": "999",
        "actions-1-kind": "reboot",
        "actions-2-kind": "execute_callout",
        "actions-2-callout": str(callout.id),
        "actions-3-kind": "execute_callout",
        "actions-3-callout": str(callout.id),
    }
    answer = as_admin.post(NEW, data=other)
    assert beside(answer) == {
        "event-edited-by": "Choose one of: anyone, a resource, a customer contact, an API user.",
        "actions-0-callout": "Choose the extension callout to execute.",
        "actions-1-kind": "Choose an action.",
        "actions-3-callout": "This rule executes that callout already: twice would send each change twice.",
    }
    assert "Action 4: This rule" in summary(answer)
    assert stored(session) is None


def test_a_rule_has_at_most_fifty_rows(as_admin, filled):
    for place in range(51):
        filled |= condition("title", "not_empty", place=place)
    answer = as_admin.post(NEW, data=filled)
    assert "A rule has at most 50 conditions." in said(answer)


def test_a_name_is_given_once_whatever_its_case(as_admin, session, filled):
    as_admin.post(NEW, data=filled)
    answer = as_admin.post(NEW, data=filled | {"name": "TELL ACME"})
    assert beside(answer)["name"].startswith("There is already a workflow rule named “TELL ACME”.")


def test_whoever_saves_second_is_told_once_and_loses_nothing(as_admin, session, filled):
    as_admin.post(NEW, data=filled)
    path = f"{LIST_PAGE}{stored(session).id}"
    mine = form_data(as_admin.get(path), "rule-editor") | {"name": ["Mine"]}
    as_admin.post(f"{path}/deactivate")
    answer = as_admin.post(path, data=mine)
    assert answer.status_code == 422
    assert "changed in another tab or by somebody else" in summary(answer)
    again = form_data(answer, "rule-editor")
    assert again["name"] == ["Mine"]
    assert as_admin.post(path, data=again).status_code == 302
    assert stored(session, "Mine").active


# rows without JavaScript


def test_rows_are_added_and_removed_without_saving_anything(as_admin, session, filled):
    answer = as_admin.post(NEW, data=filled | {"do": "add-condition"})
    assert answer.status_code == 200
    data = form_data(answer, "rule-editor")
    assert data["conditions-1-field"] == [""]
    data |= {"conditions-1-field": ["title"], "conditions-1-value": ["disk"]}
    data = form_data(as_admin.post(NEW, data=data | {"do": "add-action"}), "rule-editor")
    assert "actions-1-kind" in data
    data = form_data(as_admin.post(NEW, data=data | {"do": "remove-condition-0"}), "rule-editor")
    assert (data["conditions-0-field"], data["conditions-0-value"]) == (["title"], ["disk"])
    assert "conditions-1-field" not in data
    data = form_data(as_admin.post(NEW, data=data | {"do": "remove-action-1"}), "rule-editor")
    assert "actions-1-kind" not in data
    assert data["name"] == ["Tell Acme"]
    assert stored(session) is None


def test_an_unknown_change_of_rows_changes_nothing(as_admin, session, filled, subtests):
    for what in ["remove-condition-9", "remove-condition-x", "remove-", "", "drop table"]:
        with subtests.test(what=what):
            answer = as_admin.post(NEW, data=filled | {"do": what})
            data = form_data(answer, "rule-editor")
            assert {name: [value] for name, value in filled.items()}.items() <= data.items()


def test_the_enter_key_saves(as_admin):
    """Browsers press a form's first submit button, which must not be one that removes a row."""
    form = tree_of(as_admin.get(f"{NEW}?preset=recommended")).get_element_by_id("rule-editor")
    first = form.xpath('.//button[@type="submit"]')[0]
    assert (first.get("name"), first.get("value")) == ("then", "close")
