"""The editor of workflow rules, in a browser."""

from playwright.sync_api import Page, expect

from portal.desk.rules import values_of
from portal.models import Rule
from portal.workflow.actions import ACTIONS
from tests.web.browser import CALLOUTS, enter, look_over, save, stored
from tests.web.test_callouts import make_callout, make_rule
from tests.workflow.raise_alarm import RaiseAlarm

RULES = "/admin/rules/"


def row(page: Page, number: int):
    return page.get_by_role("group", name=f"Condition {number}", exact=True)


def test_a_rule_is_begun_from_a_callout_without_one(desk, session):
    callout = make_callout(session)
    desk.goto(f"{CALLOUTS}{callout.id}?tab=rules")
    desk.get_by_role("link", name="New workflow rule with this callout").click()
    expect(desk.locator("#name")).to_have_value("Acme RMM: ticket completed")
    look_over(desk)
    save(desk)
    expect(desk.locator("tbody tr")).to_contain_text("Execute extension callout “Acme RMM”")
    desk.goto(f"{CALLOUTS}{callout.id}")
    expect(desk.get_by_role("tab", name="Workflow Rules 1")).to_be_visible()


def test_a_rule_with_conditions_of_each_kind_is_made(desk, session):
    callout = make_callout(session)
    desk.goto(f"{RULES}new")
    desk.locator("#name").fill("Tell Acme")
    desk.get_by_label("Created by whom").select_option("an API user")
    expect(desk.get_by_label("Created by", exact=True)).to_be_checked()
    add = desk.get_by_role("button", name="Add condition")
    add.click()
    expect(row(desk, 1).get_by_label("Field")).to_be_focused()
    row(desk, 1).get_by_label("Field").select_option("Status")
    row(desk, 1).get_by_label("Operator").select_option("In list")
    row(desk, 1).get_by_label("New").check()
    row(desk, 1).get_by_label("In Progress").check()
    add.click()
    row(desk, 2).get_by_label("Field").select_option("Title")
    row(desk, 2).get_by_label("Operator").select_option("Not in list")
    row(desk, 2).get_by_label("Values, one a line").fill("disk\nfan")
    add.click()
    row(desk, 3).get_by_label("Field").select_option("Due")
    row(desk, 3).get_by_label("Operator").select_option("Less than")
    row(desk, 3).get_by_label("Value").fill("2030-01-31T14:00")
    add.click()
    row(desk, 4).get_by_label("Field").select_option("Queue")
    row(desk, 4).get_by_label("Operator").select_option("Is empty")
    expect(row(desk, 4).get_by_label("Value")).to_be_disabled()
    look_over(desk)
    desk.get_by_label("Extension callout", exact=True).select_option("Acme RMM")
    save(desk)
    expect(desk.locator("h1")).to_have_text("Workflow rules")
    saved = values_of(stored(session, Rule, "Tell Acme"))
    session.commit()
    assert saved.events == (("created", "api"),)
    assert [(each.field, each.operator, each.operands) for each in saved.conditions] == [
        ("status", "in_list", ("1", "8")),
        ("title", "not_in_list", ("disk", "fan")),
        ("due_at", "less", ("2030-01-31T19:00:00+00:00",)),
        ("queue", "empty", ()),
    ]
    assert [each.callout_id for each in saved.actions] == [callout.id]


def test_an_action_s_settings_come_and_go_with_it(desk, session, monkeypatch):
    monkeypatch.setitem(ACTIONS, RaiseAlarm.name, RaiseAlarm())
    make_callout(session)
    desk.goto(f"{RULES}new?preset=recommended")
    desk.locator("#name").fill("Tell Acme")
    desk.get_by_label("Extension callout", exact=True).select_option("Acme RMM")
    desk.get_by_role("button", name="Add action").click()
    second = desk.get_by_role("group", name="Action 2", exact=True)
    second.get_by_label("Action", exact=True).select_option("Raise an Alarm")
    expect(second.get_by_label("Extension callout")).to_have_count(0)
    second.get_by_label("What it says").fill("Disk!")
    look_over(desk)
    save(desk)
    expect(desk.locator("tbody tr")).to_contain_text("raise the alarm “Disk!” at level none")


def test_a_value_survives_a_change_of_operator_and_goes_with_its_field(desk, session):
    make_callout(session)
    desk.goto(f"{RULES}new?preset=recommended")
    first = row(desk, 1)
    first.get_by_label("Operator").select_option("Is empty")
    expect(first.get_by_label("Value")).to_be_disabled()
    first.get_by_label("Operator").select_option("In list")
    expect(first.get_by_label("Complete")).to_be_checked()
    first.get_by_label("Operator").select_option("Equal to")
    expect(first.get_by_label("Value")).to_have_value("5")
    first.get_by_label("Field").select_option("Priority")
    expect(first.get_by_label("Value")).to_have_value("")
    first.get_by_label("Field").select_option("Title")
    first.get_by_label("Operator").select_option("Contains")
    first.get_by_label("Value").fill("disk")
    first.get_by_label("Field").select_option("Status")
    expect(first.get_by_label("Operator")).to_have_value("equal")
    expect(first.get_by_label("Operator").locator("option", has_text="Contains")).to_be_disabled()


def test_rows_are_removed_and_the_focus_stays_near(desk, session):
    make_callout(session)
    desk.goto(f"{RULES}new?preset=recommended")
    add = desk.get_by_role("button", name="Add condition")
    add.click()
    row(desk, 2).get_by_label("Field").select_option("Title")
    row(desk, 2).get_by_label("Value").fill("disk")
    row(desk, 1).get_by_role("button", name="Remove this condition").click()
    expect(row(desk, 1).get_by_label("Value")).to_have_value("disk")
    expect(row(desk, 1).get_by_role("button", name="Remove this condition")).to_be_focused()
    desk.keyboard.press("Enter")
    expect(desk.locator(".condition-row")).to_have_count(0)
    expect(add).to_be_focused()
    desk.get_by_role("button", name="Remove this action").click()
    desk.locator("#name").fill("Tell Acme")
    save(desk)
    expect(desk.locator("#error-summary")).to_contain_text("Add at least one action")
    expect(desk.locator("#error-summary")).to_be_focused()
    look_over(desk)


def test_errors_of_rows_are_told_in_their_rows(desk, session):
    make_callout(session)
    desk.goto(f"{RULES}new?preset=recommended")
    desk.locator("#name").fill("Tell Acme")
    row(desk, 1).get_by_label("Operator").select_option("In list")
    row(desk, 1).get_by_label("Complete").uncheck()
    save(desk)
    expect(desk.locator("#error-summary")).to_contain_text("Condition 1: Enter values.")
    expect(desk.locator("#error-summary")).to_contain_text("Action 1: Choose the extension callout")
    look_over(desk)
    desk.locator("#error-summary").get_by_role("link", name="Condition 1").click()
    expect(desk.locator("#conditions-0-value")).to_be_focused()


def test_removed_rows_are_unsaved_changes_too(desk, session):
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    make_callout(session)
    desk.goto(f"{RULES}new?preset=recommended")
    desk.get_by_role("button", name="Remove this condition").click()
    desk.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect(desk.locator("#rule-editor")).to_be_visible()
    assert asked == ["beforeunload"]
    desk.evaluate("window.onbeforeunload = null")


def test_a_rule_is_copied_from_its_row_menu(desk, session):
    make_rule(session, make_callout(session), "Tell Acme")
    desk.goto(RULES)
    desk.get_by_role("button", name="Menu for Tell Acme").click()
    look_over(desk)
    desk.get_by_role("link", name="Copy").click()
    expect(desk.locator("#name")).to_have_value("Copy of Tell Acme")
    save(desk)
    expect(desk.locator("tbody tr")).to_have_count(2)


def test_without_javascript_rows_come_and_go_by_their_buttons(plain_page, session, admin):
    page = plain_page
    enter(page, admin)
    make_callout(session)
    page.goto(f"{RULES}new?preset=recommended")
    page.locator("#name").fill("Tell Acme")
    page.get_by_role("button", name="Add condition").click()
    row(page, 2).get_by_label("Field").select_option("Priority")
    row(page, 2).get_by_label("Operator").select_option("In list")
    page.get_by_role("button", name="Show the values of the chosen fields").click()
    row(page, 2).get_by_label("High").check()
    row(page, 1).get_by_role("button", name="Remove this condition").click()
    expect(row(page, 1).get_by_label("High")).to_be_checked()
    page.get_by_label("Extension callout", exact=True).select_option("Acme RMM")
    save(page)
    expect(page.locator("h1")).to_have_text("Workflow rules")
    saved = values_of(stored(session, Rule, "Tell Acme"))
    session.commit()
    assert [(each.field, each.operator) for each in saved.conditions] == [("priority", "in_list")]
