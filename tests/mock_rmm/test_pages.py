"""The pages, in a real browser: live, accessible, light and dark, from 390 to 1,280 pixels, and without JavaScript."""

import contextlib

import pytest
from playwright.sync_api import Browser, Page, expect

from mock_rmm.settings import Settings
from tests.looking import MOCKS, check, opened
from tests.mock_rmm.running import CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import DROPPED, SENDERS, post_soap

pytestmark = pytest.mark.browser

TOKEN = "a-long-token-for-the-tests"
WIDTHS = (390, 768, 992, 1280)


@pytest.fixture
def busy(connected_mock: Mock) -> Mock:
    """A mock RMM with something of everything to show."""
    mock = connected_mock
    alert = mock.api(
        "POST", "/alerts", json={"device": "SRV-01", "message": "Disk <full>", "door": "soap"}
    ).json()
    mock.api("POST", "/alerts", json={"device": "FW-EDGE", "message": "Tunnel down " * 20, "door": "xml-rpc"})
    SENDERS["soap"](mock, {**CALLOUT, "status": "Complete", "udf": alert["id"]})
    mock.form(headers={"webhook-id": "msg_" + "x" * 80, "X-Callout-Attempt": "3"})
    mock.form(auth=None)
    post_soap(mock, b"<" + b"a" * 100_000)
    mock.fault(door="*", fault="reset", times=1)
    with contextlib.suppress(DROPPED):
        SENDERS["name-value-get"](mock, CALLOUT)
    mock.fault(door="*", fault="delay", seconds=2.5)
    mock.fault(door="soap", fault="fault", times=1)
    return mock


PATHS = [
    "/",
    "/alerts/",
    "/alerts/?device=SRV-01",
    "/rules/",
    "/rules/new",
    "/rules/2",
    "/scenarios/",
    "/requests",
    "/requests/1",
    "/requests/3",
    "/requests/4",
    "/requests/5",
    "/nothing",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_accessible_and_fits(page: Page, busy: Mock, path: str, scheme: str):
    page.emulate_media(color_scheme=scheme)
    page.goto(busy.url + path)
    assert page.locator("html").get_attribute("data-bs-theme") == scheme
    assert page.locator("h1").count() == 1
    check(page, WIDTHS)
    page.reload()
    check(page, WIDTHS)


def test_an_empty_page_says_what_to_do(page: Page, mock: Mock, subtests: pytest.Subtests):
    for path in ["/", "/alerts/", "/rules/"]:
        with subtests.test(path=path):
            mock.reset()
            page.goto(mock.url + path)
            expect(page.locator(".empty").filter(has_text="form").first).to_be_visible()
            check(page, WIDTHS)


def test_what_comes_in_appears_by_itself(page: Page, mock: Mock):
    page.goto(mock.url)
    expect(page.locator("#live-state")).to_contain_text("Live")
    SENDERS["soap"](mock, {**CALLOUT, "number": "T20990101.0001", "udf": "<b>bold</b>"})
    expect(page.locator("#requests")).to_contain_text("T20990101.0001")
    expect(page.locator("#live-count")).to_have_text("1 request received")
    page.get_by_role("link", name="Request 1").focus()
    SENDERS["soap"](mock, CALLOUT)
    expect(page.get_by_role("link", name="Request 2")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "request-1"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Request 1")
    expect(page.locator("table.pairs").first).to_contain_text("<b>bold</b>")
    expect(page.locator("main")).to_contain_text("•••")


def test_without_javascript_a_reload_shows_what_came(browser: Browser, mock: Mock):
    with opened(browser, *MOCKS, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(mock.url)
        expect(page.locator("#live-state")).to_have_text("Reload the page to see what is new.")
        mock.form()
        page.reload()
        expect(page.locator("#requests")).to_contain_text("T20211120.0001")
        expect(page.locator("#requests time")).to_contain_text("UTC")


def test_an_alert_is_raised_by_the_form_and_seen_to_clear(page: Page, connected_mock: Mock):
    page.goto(connected_mock.url)
    page.get_by_label("Device").fill("SRV-02")
    page.get_by_label("Message").fill("No backup since Monday")
    page.get_by_label("Endpoint").select_option("XML-RPC")
    page.get_by_role("button", name="Raise alert").click()
    expect(page.get_by_role("status").first).to_contain_text("is raised: ticket T2026")
    row = page.locator("#alerts tbody tr")
    expect(row).to_contain_text("Open")
    (alert,) = connected_mock.api("GET", "/alerts").json()["alerts"]
    SENDERS["xml-rpc"](connected_mock, {**CALLOUT, "status": "Complete", "udf": alert["id"]})
    expect(row).to_contain_text("Cleared")
    expect(row).to_contain_text("added")
    check(page, WIDTHS)


def test_mistakes_stand_beside_their_fields(page: Page, mock: Mock):
    page.goto(mock.url)
    page.get_by_role("button", name="Raise alert").click()
    expect(page.locator("#device-error")).to_contain_text("Give one line of 1 to 100 printable characters.")
    assert page.evaluate("document.activeElement.id") == "device"
    check(page, WIDTHS)
    page.get_by_label("Device").fill("a")
    page.get_by_label("Message").fill("b")
    page.get_by_role("button", name="Raise alert").click()
    expect(page.get_by_role("alert")).to_contain_text("No alert was raised. Set PORTAL_API_USERNAME")
    check(page, WIDTHS)


def test_a_rule_is_made_by_the_form_and_removed(page: Page, mock: Mock):
    page.goto(mock.url + "/rules")
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Receiver").select_option("name-value-post")
    page.get_by_label("More conditions").fill('{"door": "name-value-post"}')
    page.get_by_label("Answer").select_option("Answer with a SOAP or XML-RPC fault")
    expect(page.get_by_label("Headers")).to_be_disabled()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#fault-error")).to_contain_text("no fault of its own")
    check(page, WIDTHS)
    page.get_by_label("Answer").select_option("Answer with a status")
    page.get_by_label("Status").fill("418")
    page.get_by_label("Times").fill("2")
    page.get_by_label("Headers").fill("X-Node: 3")
    page.get_by_role("button", name="Save").click()
    row = page.locator("tbody tr")
    expect(row).to_contain_text("Answer with HTTP 418 and X-Node")
    expect(row).to_contain_text("The next 2 requests")
    answer = mock.form()
    assert (answer.status_code, answer.headers["X-Node"]) == (418, "3")
    expect(row).to_contain_text("The next request")
    page.get_by_role("button", name="Remove rule 1").click()
    expect(page.locator(".empty")).to_be_visible()
    assert mock.form().status_code == 200


def test_a_rule_is_edited_as_it_was_made(page: Page, mock: Mock):
    match = {
        "receiver": "soap",
        "fields": {"status": {"contains": "Comp"}},
        "headers": {"webhook-id": {"missing": False}},
    }
    given = {"match": match, "fault": "delay", "seconds": 1, "most_seconds": 2, "rate": 0.25, "seed": 7}
    made = mock.api("POST", "/rules", json={**given, "every": 2, "name": "Slow"}).json()
    page.goto(f"{mock.url}/rules/{made['id']}")
    page.get_by_label("Name").fill("Slower")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tbody tr")).to_contain_text("Slower")
    changed = mock.api("GET", f"/rules/{made['id']}").json()
    assert changed == {**made, "name": "Slower"}


def test_the_list_of_requests_can_be_cleared(page: Page, mock: Mock):
    mock.form()
    page.goto(mock.url)
    page.get_by_role("button", name="Clear the list").click()
    expect(page.locator("#requests .empty")).to_be_visible()
    assert mock.journal() == []


def test_one_signs_in_with_the_token_and_out_again(page: Page):
    with running_mock(Settings(admin_token=TOKEN)) as mock:
        page.goto(mock.url)
        expect(page.locator("h1")).to_have_text("Sign in")
        check(page, WIDTHS)
        page.get_by_label("Admin token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#token-error")).to_contain_text("isn't the admin token")
        page.get_by_label("Admin token").fill(TOKEN)
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Home")
        expect(page.locator("#live-state")).to_contain_text("Live")
        page.get_by_role("button", name="Sign out").click()
        expect(page.locator("h1")).to_have_text("Sign in")
        page.goto(mock.url + "/rules")
        expect(page.locator("h1")).to_have_text("Sign in")


def test_the_whole_home_page_can_be_used_by_keyboard(page: Page, busy: Mock):
    page.goto(busy.url)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
    assert {"Rules", "device", "message", "door", "Raise alert", "Clear the list", "request-5"} <= reached
