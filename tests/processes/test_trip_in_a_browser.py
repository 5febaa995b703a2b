"""The issue's own walk, in a real browser against real programs: from signing in to a cleared alert."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.processes.running import ADMIN_PASSWORD, Stack, http, stack
from tests.receiver import Answer, listening

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("trip")
    values = {"PORTAL_ADMIN_PASSWORD": ADMIN_PASSWORD, "PORTAL_RESEND_SECONDS": "1"}
    with stack(folder / "instance", folder / "log", **values) as each:
        yield each.wait_until_ready()


@pytest.fixture
def page(browser: Chromium, running: Stack) -> Iterator[Page]:
    context = browser.new_context(base_url=running.url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto("/sign-in")
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()


def test_a_callout_is_made_through_its_tabs_and_told_when_a_ticket_is_completed(page: Page):
    with listening() as receiver:
        receiver.answers = [Answer(503, b"not yet"), Answer(200, b"<ok/>")]
        page.get_by_role("link", name="Extension callouts").click()
        page.get_by_role("link", name="New extension callout").click()
        page.get_by_label("Name", exact=False).first.fill("Acme RMM")
        page.get_by_label(re.compile("^URL")).fill(receiver.url)
        method, action = page.locator("#method_name"), page.locator("#soap_action")
        expect(method).to_be_disabled()
        expect(action).to_be_disabled()
        page.get_by_label("Data Format").select_option(label="XML-RPC")
        expect(method).to_be_enabled()
        expect(action).to_be_disabled()
        page.get_by_label("Data Format").select_option(label="SOAP")
        expect(action).to_be_enabled()
        method.fill("TicketChanged")
        action.fill("http://acme.example/TicketChanged")
        expect(page.locator("#namespace-text")).to_have_text("http://acme.example/")
        page.get_by_role("tab", name="Notification").click()
        page.get_by_label(re.compile("Portal Administrator, primary address")).check()
        page.get_by_role("tab", name="Workflow Rules").click()
        page.get_by_role("button", name="Save & Close").click()
        expect(page.get_by_role("status").filter(has_text="was saved")).to_be_visible()

        page.get_by_role("link", name="Acme RMM", exact=True).click()
        page.get_by_role("tab", name="Workflow Rules").click()
        page.get_by_role("link", name="New workflow rule with this callout").click()
        page.get_by_role("button", name="Save & Close").click()
        expect(page.get_by_role("row").filter(has_text="Acme RMM")).to_contain_text(
            "Status changed to Complete"
        )

        page.get_by_role("link", name="Tickets", exact=True).click()
        page.get_by_role("link", name="New ticket").first.click()
        page.get_by_role("textbox", name="Title").fill("Disk full on SRV-DB-01")
        page.get_by_role("combobox", name="Company").select_option(label="Northwind Traders")
        page.get_by_role("button", name="Save & Close").click()
        page.get_by_role("button", name="Complete").click()
        callouts = page.get_by_role("region", name="Extension callouts")
        # nobody reloads: the page keeps itself fresh
        expect(callouts).to_contain_text("Delivered")
        callouts.get_by_text("2 attempts").click()
        expect(callouts).to_contain_text("HTTP 503 Service Unavailable")
        expect(page.get_by_role("region", name="Activity")).to_contain_text(
            "Extension callout 'Acme RMM' delivered on attempt 2 (HTTP 200)."
        )
        callouts.get_by_role("link", name="Acme RMM").click()
        expect(page.get_by_role("main")).to_contain_text("http://acme.example/")
        first, second = receiver.got
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert b"<status>Complete</status>" in second.body


def test_an_alert_of_the_mock_rmm_clears_and_its_note_comes_back_while_one_watches(
    page: Page, running: Stack
):
    raised = http().post(
        f"{running.mock_url}/api/alerts",
        json={"device": "SRV-DB-01", "message": "Disk C: is 97 % full", "door": "xml-rpc"},
        timeout=30,
    )
    assert raised.status_code == 201, raised.text
    alert = raised.json()
    page.get_by_label("Search tickets by number or title").fill(alert["ticket_number"])
    page.keyboard.press("Enter")
    page.get_by_role("link", name="SRV-DB-01: Disk C: is 97 % full").click()
    expect(page.get_by_role("region", name="User-defined fields")).to_contain_text(alert["id"])
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("region", name="Extension callouts")).to_contain_text("Delivered")
    expect(page.get_by_role("region", name="Activity")).to_contain_text("Alert cleared")
    now = http().get(f"{running.mock_url}/api/alerts/{alert['id']}", timeout=30).json()
    assert now["state"] == "cleared"
