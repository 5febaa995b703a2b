"""The editor of extension callouts, in a browser."""

import re

from playwright.sync_api import expect

from portal.db.services import services
from portal.models import Callout, Udf
from portal.models.udf import TEXT
from tests.web.browser import CALLOUTS, SAVE_CLOSE, enter, look_over, save, stored
from tests.web.test_callouts import make_callout


def test_a_callout_is_created_through_the_three_tabs(desk, session, admin):
    session.add(Udf(name="Acme Alert ID", type=TEXT))
    session.commit()
    desk.goto(CALLOUTS)
    desk.get_by_role("link", name="New extension callout").first.click()
    desk.get_by_label("Name", exact=False).first.fill("Acme RMM")
    desk.get_by_label("URL").fill("https://rmm.example/service.asmx")
    desk.get_by_label("Username").fill("acme")
    desk.get_by_label("Password").fill("s3cret")
    desk.get_by_label("Ticket User-Defined Field").select_option("Acme Alert ID")
    desk.get_by_label("Data Format").select_option("SOAP")
    desk.get_by_label("Method Name").fill("MyWebMethod")
    desk.get_by_label("SOAP Action").fill("http://tempuri.org/MyWebMethod")
    expect(desk.locator("#namespace-text")).to_have_text("http://tempuri.org/")
    desk.get_by_role("tab", name="Workflow Rules").click()
    expect(desk.get_by_role("tabpanel")).to_contain_text("Save the callout first.")
    desk.get_by_role("tab", name="Notification").click()
    desk.get_by_label("primary address: ada@example.com").check()
    save(desk)
    expect(desk.get_by_role("status").first).to_contain_text("“Acme RMM” was saved.")
    expect(desk.locator("tbody tr")).to_contain_text("Acme RMM")
    saved = stored(session, Callout, "Acme RMM")
    assert (saved.transport, saved.data_format, saved.udf.name) == ("POST", "soap", "Acme Alert ID")
    assert (saved.method_name, saved.soap_action) == ("MyWebMethod", "http://tempuri.org/MyWebMethod")
    assert services().credentials.decrypt(saved.password_encrypted) == "s3cret"
    assert [(each.resource_id, each.slot) for each in saved.recipients] == [(admin.id, 1)]


def test_fields_enable_and_disable_with_the_reason_in_their_help(desk):
    desk.goto(f"{CALLOUTS}new")
    transport, data_format = desk.get_by_label("HTTP Transport Method"), desk.get_by_label("Data Format")
    method, action = desk.locator("#method_name"), desk.locator("#soap_action")
    style, override = desk.locator("#xml_rpc_parameters"), desk.locator("#namespace_override")
    for off in (method, action, style, override):
        expect(off).to_be_disabled()
    expect(desk.locator("#method_name-help")).to_contain_text("Not used with “Name Value Pair”")
    data_format.select_option("SOAP")
    for on in (method, action, override):
        expect(on).to_be_enabled()
    expect(style).to_be_disabled()
    expect(desk.locator("label[for=soap_action]")).to_contain_text("required")
    method.fill("Kept")
    data_format.select_option("XML-RPC")
    expect(method).to_be_enabled()
    expect(method).to_have_value("Kept")
    expect(style).to_be_enabled()
    expect(action).to_be_disabled()
    expect(desk.locator("#soap_action-help")).to_have_text("Not used with “XML-RPC”, only with SOAP.")
    expect(desk.locator("label[for=soap_action]")).not_to_contain_text("required")
    transport.select_option("GET")
    expect(data_format).to_have_value("name_value")
    expect(data_format.locator("option", has_text="SOAP")).to_be_disabled()
    expect(desk.locator("#data_format-help")).to_have_text(
        "GET carries Name Value Pair only. For SOAP or XML-RPC, choose POST."
    )
    expect(desk.locator("#editor-said")).to_contain_text("Data Format is now Name Value Pair.")
    expect(method).to_be_disabled()
    transport.select_option("POST")
    expect(data_format).to_have_value("xml_rpc")
    expect(method).to_be_enabled()
    expect(data_format.locator("option", has_text="SOAP")).to_be_enabled()


def test_what_was_typed_into_a_field_that_is_off_is_not_sent(desk, session):
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#name").fill("Acme RMM")
    desk.locator("#url").fill("https://rmm.example/")
    desk.get_by_label("Data Format").select_option("SOAP")
    desk.locator("#method_name").fill("MyWebMethod")
    desk.locator("#soap_action").fill("urn:x")
    desk.get_by_label("HTTP Transport Method").select_option("GET")
    save(desk)
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    saved = stored(session, Callout, "Acme RMM")
    assert (saved.transport, saved.data_format, saved.method_name, saved.soap_action) == (
        "GET",
        "name_value",
        "",
        "",
    )


def test_the_namespace_follows_what_is_typed(desk):
    desk.goto(f"{CALLOUTS}new")
    expect(desk.locator("#namespace")).to_contain_text("None: only SOAP has a namespace.")
    desk.get_by_label("Data Format").select_option("SOAP")
    shown = desk.locator("#namespace .help:visible")
    for method, action, override, namespace, sentence in (
        ("", "http://x/M", "", "http://x/M", "Enter the Method Name and the SOAP Action"),
        ("M", "http://x/M", "", "http://x/", "without the Method Name"),
        ("x", "axbxc", "", "abc", "without the Method Name"),
        ("$&", "a$&b", "", "ab", "without the Method Name"),
        ("M", "urn:y", "", "urn:y", "does not occur in the SOAP Action"),
        ("M", "M", "", "", "Empty"),
        ("M", "http://x/M", " urn:z ", "urn:z", "As the override says."),
    ):
        desk.locator("#method_name").fill(method)
        desk.locator("#soap_action").fill(action)
        desk.locator("#namespace_override").fill(override)
        expect(desk.locator("#namespace-text")).to_have_text(namespace)
        expect(shown).to_have_count(1)
        expect(shown).to_contain_text(sentence)


def test_errors_are_marked_on_their_tab_and_the_first_is_focused(desk):
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#url").fill("https://rmm.example/")
    desk.get_by_role("tab", name="Notification").click()
    save(desk)
    expect(desk.locator("#name-error")).to_contain_text("Name is required.")
    expect(desk.locator("#name")).to_be_focused()
    expect(desk.get_by_role("tab", name=re.compile("General.*has an error"))).to_have_attribute(
        "aria-selected", "true"
    )
    expect(desk.get_by_role("tab", name="has an error")).to_have_count(1)
    look_over(desk)


def test_several_errors_are_summed_up_and_a_line_leads_back_to_its_tab(desk):
    desk.goto(f"{CALLOUTS}new")
    save(desk)
    expect(desk.locator("#error-summary")).to_be_focused()
    desk.get_by_role("tab", name="Notification").click()
    desk.locator("#error-summary").get_by_role("link", name="URL").click()
    expect(desk.locator("#url")).to_be_focused()
    look_over(desk)


def test_the_tabs_are_used_by_keyboard(desk):
    desk.goto(f"{CALLOUTS}new")
    desk.get_by_role("tab", name="General").focus()
    desk.keyboard.press("ArrowRight")
    expect(desk.get_by_role("tab", name="Workflow Rules")).to_be_focused()
    expect(desk.locator("#rules")).to_be_visible()
    desk.keyboard.press("End")
    expect(desk.locator("#notification")).to_be_visible()
    desk.keyboard.press("Tab")
    expect(desk.locator("[name=recipients]").first).to_be_focused()
    desk.keyboard.press("Space")
    expect(desk.locator("[name=recipients]").first).to_be_checked()


def test_the_enter_key_saves_a_callout(desk, session):
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#url").fill("https://rmm.example/")
    desk.locator("#name").fill("Acme RMM")
    desk.keyboard.press("Enter")
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")


def test_two_presses_of_save_make_one_callout_and_no_error(desk, session):
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#name").fill("Acme RMM")
    desk.locator("#url").fill("https://rmm.example/")
    desk.get_by_role("button", **SAVE_CLOSE).last.dblclick()
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    expect(desk.locator("tbody tr")).to_have_count(1)


def test_a_stored_password_is_asked_for_again_as_host_or_user_name_change(desk, session):
    callout = make_callout(session)
    desk.goto(f"{CALLOUTS}{callout.id}")
    host, user = desk.locator("[data-moved=host]"), desk.locator("[data-moved=username]")
    expect(host).to_be_hidden()
    desk.locator("#url").fill("https://rmm.example/another/path")
    expect(host).to_be_hidden()
    desk.locator("#url").fill("https://other.example/callouts")
    expect(host).to_be_visible()
    desk.locator("#username").fill("someone")
    expect(user).to_be_visible()
    look_over(desk)
    save(desk)
    expect(desk.locator("#password-error")).to_contain_text("was entered for https://rmm.example:443")
    expect(desk.locator("#password")).to_be_focused()
    desk.locator("#password").fill("another")
    expect(desk.get_by_label("Replace it")).to_be_checked()
    save(desk)
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    saved = stored(session, Callout, callout.name)
    assert services().credentials.decrypt(saved.password_encrypted) == "another"


def test_choosing_to_keep_or_remove_the_password_empties_what_was_typed(desk, session):
    callout = make_callout(session)
    desk.goto(f"{CALLOUTS}{callout.id}")
    desk.locator("#password").fill("typed")
    desk.get_by_label("Remove it").check()
    expect(desk.locator("#password")).to_have_value("")
    desk.get_by_label("Replace it").check()
    expect(desk.locator("#password")).to_be_focused()


def test_a_password_that_a_browser_fills_in_is_not_taken(desk, session):
    callout = make_callout(session)
    before = callout.password_encrypted
    desk.goto(f"{CALLOUTS}{callout.id}")
    desk.locator("#password").evaluate(
        """(field) => { field.value = "filled in"; field.dispatchEvent(new Event("input", { bubbles: true })); }"""
    )
    expect(desk.get_by_label("Keep the stored password")).to_be_checked()
    save(desk)
    expect(desk.locator("#messages")).to_contain_text("was not taken")
    assert stored(session, Callout, callout.name).password_encrypted == before


def test_unsaved_changes_ask_before_they_are_left_and_saved_ones_do_not(desk, session):
    asked = []
    desk.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#name").fill("Acme RMM")
    desk.get_by_role("link", name="Cancel").click(no_wait_after=True)
    expect(desk.locator("#name")).to_have_value("Acme RMM")
    assert asked == ["beforeunload"]
    desk.locator("#url").fill("https://rmm.example/")
    save(desk)
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    assert asked == ["beforeunload"]


def test_cancel_leaves_an_untouched_editor_without_asking(desk, session):
    desk.goto(f"{CALLOUTS}new")
    desk.get_by_role("link", name="Cancel").click()
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")


def test_going_back_after_saving_opens_the_callout_as_it_is_now(desk, session):
    callout = make_callout(session)
    desk.goto(f"{CALLOUTS}{callout.id}")
    desk.locator("#name").fill("Renamed")
    save(desk)
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    desk.go_back()
    expect(desk.locator("#name")).to_have_value("Renamed")


def test_of_two_tabs_the_second_to_save_is_told(desk, context, session):
    callout = make_callout(session)
    other = context.new_page()
    for each in (desk, other):
        each.goto(f"{CALLOUTS}{callout.id}")
    desk.locator("#name").fill("First")
    save(desk)
    expect(desk.locator("tbody")).to_contain_text("First")
    other.locator("#name").fill("Second")
    save(other)
    expect(other.locator("#error-summary")).to_contain_text("changed in another tab or by somebody else")
    expect(other.locator("#name")).to_have_value("Second")
    save(other)
    expect(other.locator("tbody")).to_contain_text("Second")


def test_without_javascript_all_three_tabs_are_readable_and_a_callout_can_be_saved(
    plain_page, session, admin
):
    page = plain_page
    enter(page, admin)
    page.goto(f"{CALLOUTS}new")
    for pane in ("general", "rules", "notification"):
        expect(page.locator(f"#{pane}")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(0)
    for field in ("method_name", "soap_action", "namespace_override", "xml_rpc_parameters"):
        expect(page.locator(f"#{field}")).to_be_enabled()
    page.locator("#name").fill("Acme RMM")
    page.locator("#url").fill("https://rmm.example/")
    page.locator("#transport").select_option("GET")
    page.locator("#data_format").select_option("SOAP")
    page.get_by_label("primary address: ada@example.com").check()
    save(page)
    expect(page.locator("#data_format-error")).to_contain_text("SOAP can't be sent by GET")
    expect(page.locator("#soap_action-error")).to_contain_text("required for SOAP")
    page.locator("#data_format").select_option("Name Value Pair")
    save(page)
    expect(page.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    assert len(stored(session, Callout, "Acme RMM").recipients) == 1
