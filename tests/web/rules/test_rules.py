"""Workflow rules: how they begin, are copied, listed, switched and deleted, and what is inactive in them."""

import pytest
from sqlalchemy import select

from portal.core.rules import OPERATORS, Condition
from portal.desk.rule_fields import condition_fields
from portal.desk.rules import PRESETS, values_of
from portal.models import Callout, Company, Delivery, PicklistValue
from portal.models.udf import TEXT
from portal.workflow.actions import ACTIONS
from portal.workflow.events import EVENTS
from portal.workflow.events.event import BY
from tests.conftest import make_resource, make_ticket
from tests.web.reading import beside, form_data, message, row_menu, rows, said, tree_of
from tests.web.rules.conftest import LIST_PAGE, NEW, condition, sentence, stored
from tests.web.test_callouts import make_rule
from tests.workflow.raise_alarm import RaiseAlarm

# beginnings


def test_a_preset_fills_the_editor(as_admin, session, callout, subtests):
    for name in PRESETS:
        with subtests.test(name=name):
            page = as_admin.get(f"{NEW}?preset={name}&callout={callout.id}")
            data = form_data(page, "rule-editor")
            assert as_admin.post(NEW, data=data).status_code == 302
            saved = values_of(stored(session, data["name"][0]))
            wanted = PRESETS[name].values
            assert (saved.events, saved.conditions) == (wanted.events, wanted.conditions)
            assert [each.callout_id for each in saved.actions] == [callout.id]


def test_a_rule_begun_from_a_callout_is_the_recommended_one_under_a_free_name(as_admin, session, callout):
    make_rule(session, callout, "Acme RMM: ticket completed")
    data = form_data(as_admin.get(f"{NEW}?callout={callout.id}"), "rule-editor")
    assert data["name"] == ["Acme RMM: ticket completed 2"]
    assert data["conditions-0-operator"] == ["changed_to"]
    assert as_admin.post(NEW, data=data).status_code == 302


def test_an_odd_beginning_is_a_blank_one(as_admin, callout, subtests):
    for query in ["callout=999", "callout=x", f"callout={10**30}", "preset=nothing"]:
        with subtests.test(query=query):
            data = form_data(as_admin.get(f"{NEW}?{query}"), "rule-editor")
            assert data["name"] == [""]
            assert "conditions-0-field" not in data


def test_without_any_callout_the_page_leads_to_the_first_one(as_admin):
    page = as_admin.get(NEW)
    assert "There is no extension callout yet." in said(page)
    assert "/admin/callouts/new" in page.text


def test_a_copy_opens_under_a_free_name_and_exists_once_saved(as_admin, session, filled):
    as_admin.post(NEW, data=filled)
    make_rule(session, session.scalar(select(Callout)), "Copy of Tell Acme")
    page = as_admin.get(f"{LIST_PAGE}{stored(session).id}/copy")
    data = form_data(page, "rule-editor")
    assert data["name"] == ["Copy 2 of Tell Acme"]
    assert stored(session, "Copy 2 of Tell Acme") is None
    assert as_admin.post(NEW, data=data).status_code == 302
    first, copy = values_of(stored(session)), values_of(stored(session, "Copy 2 of Tell Acme"))
    assert (first.events, first.conditions, first.actions) == (copy.events, copy.conditions, copy.actions)
    assert stored(session, "Copy 2 of Tell Acme").last_fired_at is None


def test_the_copy_of_the_longest_name_is_cut(as_admin, session, callout):
    rule = make_rule(session, callout, "x" * 100)
    data = form_data(as_admin.get(f"{LIST_PAGE}{rule.id}/copy"), "rule-editor")
    assert as_admin.post(NEW, data=data).status_code == 302


# the list


def test_the_list_is_sorted_by_name_with_a_menu_in_each_row(as_admin, session, callout):
    for name in ("beta", "Alpha"):
        make_rule(session, callout, name)
    page = as_admin.get(LIST_PAGE)
    heads = [each.text_content().strip() for each in tree_of(page).xpath("//thead//th")]
    assert heads == ["Name", "Events", "Conditions", "Actions", "Active", "Last fired", "Menu"]
    assert [row[0] for row in rows(page)] == ["Alpha", "beta"]
    assert rows(page)[0][5] == "Never"
    menu = row_menu(page, "Alpha")
    assert list(menu) == ["Edit", "Copy", "Inactivate", "Delete…"]
    as_admin.post(menu["Inactivate"])
    page = as_admin.get(LIST_PAGE)
    assert "“Alpha” is inactive: it does not fire." in message(page)
    assert rows(page)[0][4] == "Inactive"
    as_admin.post(row_menu(page, "Alpha")["Activate"])
    assert rows(as_admin.get(LIST_PAGE))[0][4] == "Active"


def test_an_empty_list_says_what_rules_are_for_and_begins_the_recommended_one(as_admin):
    page = as_admin.get(LIST_PAGE)
    assert "no extension callout ever fires" in said(page)
    assert f"{NEW}?preset=recommended" in tree_of(page).xpath("//main//a/@href")


def test_an_inactive_rule_does_not_fire(as_admin, session, filled, company):
    as_admin.post(NEW, data=filled)
    as_admin.post(f"{LIST_PAGE}{stored(session).id}/deactivate")
    as_admin.post(f"/tickets/{make_ticket(session, company).id}/complete")
    assert session.scalar(select(Delivery)) is None


def test_deleting_asks_first_and_tells_the_rule_in_words(as_admin, session, filled):
    as_admin.post(NEW, data=filled)
    path = f"{LIST_PAGE}{stored(session).id}/delete"
    page = as_admin.get(path)
    assert "Edited by anyone. Status changed to Complete. Execute extension callout “Acme RMM”." in said(page)
    assert stored(session) is not None
    assert as_admin.post(path).location == LIST_PAGE
    assert "“Tell Acme” was deleted." in message(as_admin.get(LIST_PAGE))
    assert stored(session) is None


# an action of one's own


def test_a_made_up_action_is_one_file_and_one_line(as_admin, session, filled, company, monkeypatch):
    monkeypatch.setitem(ACTIONS, RaiseAlarm.name, RaiseAlarm())
    wrong = filled | {"actions-1-kind": "raise_alarm", "actions-1-text": "x" * 21, "actions-1-level": "6"}
    answer = as_admin.post(NEW, data=wrong)
    assert beside(answer) == {
        "actions-1-text": "The text has 21 characters; at most 20 are kept. Shorten it.",
        "actions-1-level": "Level is a whole number from 1 to 5.",
    }
    assert (
        form_data(answer, "rule-editor").items() >= {name: [value] for name, value in wrong.items()}.items()
    )
    assert "The higher, the louder." in said(answer)
    assert beside(as_admin.post(NEW, data=wrong | {"actions-1-text": " "}))["actions-1-text"] == (
        "The text is required."
    )
    as_admin.post(NEW, data=wrong | {"actions-1-text": " Disk! ", "actions-1-level": "3"})
    params = {"text": "Disk!", "level": 3}
    assert [each.params for each in stored(session).actions] == [{}, params]
    assert sentence(as_admin)[2] == (
        "Execute extension callout “Acme RMM”, and raise the alarm “Disk!” at level 3"
    )
    path = f"{LIST_PAGE}{stored(session).id}"
    as_admin.post(NEW, data=form_data(as_admin.get(f"{path}/copy"), "rule-editor"))
    assert [each.params for each in stored(session, "Copy of Tell Acme").actions] == [{}, params]
    as_admin.post(f"{path}/deactivate")
    as_admin.post(f"/tickets/{make_ticket(session, company).id}/complete")
    assert ACTIONS[RaiseAlarm.name].raised == [params]


def test_no_action_s_setting_is_secret_since_nothing_of_a_rule_is_encrypted():
    assert not [own.name for each in ACTIONS.values() for own in each.settings if own.secret]


# what is inactive


def test_an_inactive_callout_is_told_as_such(as_admin, session, filled, callout):
    as_admin.post(NEW, data=filled)
    callout.active = False
    session.commit()
    assert sentence(as_admin)[2] == "Execute extension callout “Acme RMM” (inactive, not sent)"
    page = as_admin.get(f"{LIST_PAGE}{stored(session).id}")
    chosen = tree_of(page).xpath('//select[@name="actions-0-callout"]/option[@selected]/text()')
    assert chosen == ["Acme RMM (inactive, not sent)"]


def test_an_inactive_udf_is_told_as_such_kept_and_not_offered_anew(as_admin, session, filled, udfs):
    field = f"udf:{udfs[TEXT].id}"
    as_admin.post(NEW, data=filled | condition(field, "equal", "x"))
    udfs[TEXT].active = False
    session.commit()
    assert sentence(as_admin)[1] == "text field (inactive field) equal to “x”"
    path = f"{LIST_PAGE}{stored(session).id}"
    page = as_admin.get(path)
    chosen = tree_of(page).xpath('//main//select[@name="conditions-0-field"]/option[@selected]/text()')
    assert chosen == ["text field (inactive)"]
    assert as_admin.post(path, data=form_data(page, "rule-editor")).status_code == 302
    answer = as_admin.post(NEW, data=filled | {"name": "Other"} | condition(field, "equal", "x"))
    assert "is inactive. Choose another field." in beside(answer)["conditions-0-field"]
    assert "text field" not in as_admin.get(NEW).text


@pytest.mark.parametrize("operator", ["equal", "in_list"])
def test_an_inactive_value_is_kept_where_it_is_used_and_not_offered_anew(as_admin, session, filled, operator):
    as_admin.post(NEW, data=filled | condition("queue", operator, "8"))
    value = session.scalar(select(PicklistValue).filter_by(list_name="queue", value=8))
    value.active = False
    session.commit()
    path = f"{LIST_PAGE}{stored(session).id}"
    page = as_admin.get(path)
    assert f"{value.label} (inactive)" in said(page)
    assert as_admin.post(path, data=form_data(page, "rule-editor")).status_code == 302
    answer = as_admin.post(NEW, data=filled | {"name": "Other"} | condition("queue", operator, "8"))
    assert "has no active value" in beside(answer)["conditions-0-value"]


def test_people_and_companies_can_be_compared_by_name(as_admin, session, filled):
    ada = make_resource(session, "service_desk", first_name="Ann", last_name="Other")
    company = Company(name="Contoso")
    session.add(company)
    session.commit()
    filled |= condition("assigned_resource_id", "changed_to", str(ada.id))
    as_admin.post(NEW, data=filled | condition("company_id", "not_equal", "contoso", place=1))
    assert sentence(as_admin)[1] == "Assigned resource changed to Ann Other, and Company not equal to Contoso"


# the registries are the only place to add a variant


def test_the_editor_offers_what_the_registries_hold(as_admin, session, callout, udfs):
    tree = tree_of(as_admin.get(f"{NEW}?preset=recommended"))

    def labels(path: str) -> list[str]:
        return [each.text_content().strip() for each in tree.xpath(f"//form[@id='rule-editor']{path}")]

    assert labels("//fieldset[@id='events']//label") == [each.label for each in EVENTS.values()]
    first = next(iter(EVENTS))
    assert labels(f"//select[@name='event-{first}-by']/option") == [label for label, _ in BY.values()]
    assert labels("//select[@name='conditions-0-operator']/option") == [
        each.label for each in OPERATORS.values()
    ]
    assert labels("//select[@name='actions-0-kind']/option") == [each.label for each in ACTIONS.values()]
    fields = condition_fields(session())
    assert labels("//select[@name='conditions-0-field']/option")[1:] == [
        each.label for each in fields.values()
    ]
    assert [each.find("strong").text for each in tree.xpath("//a[@class='preset']")] == [
        each.label for each in PRESETS.values()
    ]


# who may


def test_a_rule_with_parts_that_no_longer_exist_can_still_be_read_and_mended(as_admin, session, callout):
    rule = make_rule(session, callout, "Old", conditions=(Condition("title", "equal", ("x",)),))
    for event in rule.events:
        event.kind = "gone"
    rule.conditions[0].field, rule.conditions[0].operator = "udf:999", "like"
    rule.actions[0].kind = "gone"
    session.commit()
    assert sentence(as_admin, "Old") == ["No event", "udf:999 like “x”", "No action"]
    answer = as_admin.get(f"{LIST_PAGE}{rule.id}")
    assert answer.status_code == 200
    answer = as_admin.post(f"{LIST_PAGE}{rule.id}", data=form_data(answer, "rule-editor"))
    assert beside(answer)["conditions-0-field"] == "Choose a field."
