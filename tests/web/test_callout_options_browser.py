"""What a callout can do beyond the original, in a real browser."""

import re

from playwright.sync_api import Page, expect

from portal.callouts.signing import secret_problem
from portal.db.services import services
from portal.models import Callout
from tests.web.browser import CALLOUTS, enter, look_over, save, stored
from tests.web.test_callouts import make_callout, make_rule

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def unfold(page: Page) -> None:
    page.locator("#sending > summary").click()


def test_the_part_that_is_rarely_needed_is_folded_and_opens_by_keyboard(desk):
    desk.goto(f"{CALLOUTS}new")
    expect(desk.locator("#resend_preset")).to_be_hidden()
    desk.locator("#sending > summary").focus()
    desk.keyboard.press("Enter")
    expect(desk.locator("#resend_preset")).to_be_visible()
    look_over(desk)


def test_only_the_custom_schedule_has_numbers_and_the_page_says_why(desk, session):
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#name").fill("Acme RMM")
    desk.locator("#url").fill("https://rmm.example/")
    unfold(desk)
    pause, number = desk.locator("#resend_seconds"), desk.locator("#resend_limit")
    for each in (pause, number):
        expect(each).to_be_disabled()
    expect(desk.locator("#resend_seconds-help")).to_have_text(
        "Not used with “As the original”, only with Custom."
    )
    schedule = desk.get_by_label("Resend schedule")
    schedule.select_option("Custom")
    for each in (pause, number):
        expect(each).to_be_enabled()
    expect(desk.locator("label[for=resend_seconds]")).to_contain_text("required")
    pause.fill("30")
    number.fill("3")
    schedule.select_option("Long: over 27 hours, with growing pauses")
    expect(pause).to_be_disabled()
    save(desk)
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    saved = stored(session, Callout, "Acme RMM")
    assert (saved.resend_preset, saved.resend_seconds, saved.resend_limit) == ("long", None, None)


def test_what_is_wrong_under_sending_opens_it_and_is_focused(desk):
    desk.goto(f"{CALLOUTS}new")
    desk.locator("#name").fill("Acme RMM")
    desk.locator("#url").fill("https://rmm.example/")
    unfold(desk)
    desk.get_by_label("Resend schedule").select_option("Custom")
    desk.locator("#resend_limit").fill("3")
    save(desk)
    expect(desk.locator("#resend_seconds-error")).to_contain_text("Pause is required for Custom.")
    expect(desk.locator("#resend_seconds")).to_be_focused()
    expect(desk.locator("#resend_limit")).to_have_value("3")
    look_over(desk)
    desk.get_by_label("Resend schedule").select_option("As the original")
    expect(desk.locator("#resend_seconds-error")).to_have_count(0)
    expect(desk.locator("#resend_seconds")).to_be_disabled()


def test_several_errors_lead_into_the_part_that_was_folded(desk):
    desk.goto(f"{CALLOUTS}new")
    unfold(desk)
    desk.locator("#max_parallel").fill("many")
    save(desk)
    desk.get_by_role("tab", name="Notification").click()
    desk.locator("#error-summary").get_by_role("link", name="Parallel requests").click()
    expect(desk.locator("#max_parallel")).to_be_focused()


def test_a_made_secret_is_shown_once_to_be_copied(desk, session, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    callout = make_callout(session)
    desk.goto(f"{CALLOUTS}{callout.id}")
    unfold(desk)
    desk.get_by_label("Make one, and show it once after saving").check()
    save(desk)
    expect(desk.locator("h1")).to_have_text("Signing secret of “Acme RMM”")
    shown = desk.locator("#made-secret").text_content()
    assert secret_problem(shown) is None
    desk.get_by_role("button", name="Copy").click()
    expect(desk.get_by_role("button", name="Copied")).to_be_visible()
    assert desk.evaluate("navigator.clipboard.readText()") == shown
    look_over(desk)
    desk.get_by_role("link", name="I have copied it").click()
    expect(desk.locator("h1")).to_have_text("Extension Callouts (Tickets)")
    desk.goto(f"{CALLOUTS}{callout.id}")
    expect(desk.locator("#sending")).to_have_attribute("open", "")
    assert shown not in desk.content()


def test_typing_a_secret_chooses_to_type_one_and_choosing_another_way_forgets_it(desk, session):
    callout = make_callout(session)
    desk.goto(f"{CALLOUTS}{callout.id}")
    unfold(desk)
    secret = desk.locator("#signing_secret")
    secret.fill("whsec_x")
    expect(desk.get_by_label("Type one")).to_be_checked()
    desk.get_by_label("None", exact=True).check()
    expect(secret).to_have_value("")
    desk.get_by_label("Type one").check()
    expect(secret).to_be_focused()
    secret.fill(SECRET)
    save(desk)
    expect(desk.get_by_role("status").first).to_contain_text("“Acme RMM” was saved.")
    saved = stored(session, Callout, "Acme RMM")
    assert services().credentials.decrypt(saved.signing_secret_encrypted) == SECRET


def test_a_callout_is_paused_from_its_row_and_resumed_from_its_page(desk, session):
    callout = make_callout(session)
    desk.goto(CALLOUTS)
    desk.get_by_role("button", name="Menu for Acme RMM").click()
    desk.get_by_role("button", name="Pause").click()
    expect(desk.locator("tbody")).to_contain_text("Paused")
    look_over(desk)
    desk.get_by_role("link", name="Acme RMM", exact=True).click()
    expect(desk.locator("main")).to_contain_text("This callout is paused.")
    look_over(desk)
    desk.get_by_role("button", name="Resume").click()
    expect(desk.get_by_role("status").first).to_contain_text("“Acme RMM” is resumed.")
    expect(desk).to_have_url(re.compile(f"{CALLOUTS}{callout.id}$"))
    expect(desk.get_by_role("button", name="Pause")).to_be_visible()


def test_the_row_menu_switches_and_deletes(desk, session):
    callout = make_callout(session)
    make_rule(session, callout, "Tell Acme")
    desk.goto(CALLOUTS)
    menu = desk.get_by_role("button", name="Menu for Acme RMM")
    menu.focus()
    desk.keyboard.press("Enter")
    look_over(desk)
    desk.get_by_role("button", name="Inactivate").click()
    expect(desk.locator("tbody")).to_contain_text("Inactive")
    menu.click()
    desk.get_by_role("link", name="Delete…").click()
    expect(desk.locator("h1")).to_have_text("“Acme RMM” can't be deleted yet")
    look_over(desk)
    desk.get_by_role("link", name="Tell Acme").click()
    expect(desk.locator("h1")).to_have_text("Tell Acme")


def test_without_javascript_the_part_unfolds_and_everything_in_it_can_be_saved(plain_page, session, admin):
    page = plain_page
    enter(page, admin)
    page.goto(f"{CALLOUTS}new")
    page.locator("#name").fill("Acme RMM")
    page.locator("#url").fill("https://rmm.example/")
    unfold(page)
    for name in ("resend_seconds", "resend_limit", "max_per_second", "signing_secret"):
        expect(page.locator(f"#{name}")).to_be_enabled()
    page.locator("#resend_seconds").fill("30")
    save(page)
    expect(page.locator("#resend_seconds-error")).to_contain_text("choose Custom")
    page.get_by_label("Resend schedule").select_option("Custom")
    page.locator("#resend_limit").fill("3")
    page.get_by_label("Make one, and show it once after saving").check()
    save(page)
    expect(page.locator("#made-secret")).to_contain_text("whsec_")
    saved = stored(session, Callout, "Acme RMM")
    assert (saved.resend_seconds, saved.resend_limit) == (30, 3)
