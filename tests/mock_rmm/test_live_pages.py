"""Pages that keep themselves up to date, in a real browser: by events, by asking, across a restart, undisturbing."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, expect

from mock_rmm.endpoints.receiver import STRICT, Contract, Receiver
from mock_rmm.settings import Settings
from portal.cli import portal
from tests.browser_binary import without_curl
from tests.looking import opened
from tests.mock_rmm.running import BASIC, CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS, call_element, envelope, post_soap
from tests.servers import free_port, wait_until

pytestmark = pytest.mark.browser

LIVE = "Live: what comes in appears here by itself."


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    # the mock may be away
    with opened(browser, "Failed to load resource", "ERR_") as context:
        yield context.new_page()


def test_a_page_without_a_stream_asks_for_changes(page: Page):
    with running_mock(Settings(threads=2)) as mock:
        page.goto(mock.url)
        expect(page.locator("#live-state")).to_have_text(LIVE)
        mock.form()
        expect(page.locator("#requests")).to_contain_text("T20211120.0001")


def test_a_page_outlives_a_restart_of_the_mock(page: Page):
    port = free_port()
    with running_mock(port=port) as mock:
        page.goto(mock.url)
        expect(page.locator("#live-state")).to_have_text(LIVE)
        mock.form({**CALLOUT, "number": "T-before"})
        expect(page.locator("#requests")).to_contain_text("T-before")
    expect(page.locator("#live-state")).to_contain_text("doesn't answer")
    with running_mock(port=port) as mock:
        mock.form({**CALLOUT, "number": "T-after"})
        expect(page.locator("#live-state")).to_have_text(LIVE)
        expect(page.locator("#requests")).to_contain_text("T-after")
        expect(page.locator("#requests")).not_to_contain_text("T-before")


def test_a_page_that_nobody_looks_at_keeps_no_stream(page: Page, mock: Mock):
    page.goto(mock.url)
    wait_until(lambda: mock.rmm.streams.open == 1)
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    wait_until(lambda: mock.rmm.streams.open == 0)
    mock.form()
    page.evaluate(hide, False)
    expect(page.locator("#requests")).to_contain_text("T20211120.0001")


def test_text_that_is_being_copied_stays_until_it_is_let_go(page: Page, mock: Mock):
    mock.form()
    page.goto(mock.url)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#row-1 td.mono'))")
    mock.form({**CALLOUT, "number": "T-new"})
    expect(page.locator("#live-count")).to_have_text("2 requests received")
    assert page.evaluate("getSelection().toString()") == "T20211120.0001"
    assert page.locator("#row-2").count() == 0
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator("#row-2")).to_contain_text("T-new")
    expect(page.locator("#row-2")).to_have_class("fresh")
    expect(page.locator("#row-1")).not_to_have_class("fresh")


def test_a_requests_page_shows_its_answer_when_it_comes(page: Page, mock: Mock):
    mock.fault(door="*", fault="delay", seconds=600)
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(mock.form, headers={"webhook-id": "msg_1", "X-Callout-Attempt": "1"})
        page.goto(mock.url)
        page.get_by_role("link", name="Request 1").click()
        expect(page.locator("#answer")).to_contain_text("Answering")
        mock.fault(door="*", fault="status", status=503)
        with requests.Session() as other:
            other.trust_env = False
            again = {"webhook-id": "msg_1", "X-Callout-Attempt": "2"}
            other.post(mock.address("name-value-post"), data=CALLOUT, auth=BASIC, headers=again, timeout=30)
        expect(page.locator("#attempt-2")).to_contain_text("503")
        mock.rmm.journal.complete(1, status=418, body=b"short and stout", now=datetime.now(UTC))
        expect(page.locator("#answer")).to_contain_text("418")
        expect(page.locator("#answer")).to_contain_text("short and stout")
        expect(page.locator("#attempt-1")).to_contain_text("418")
        mock.rmm.stopping.set()
        assert sending.result().status_code == 200


def test_a_request_page_says_first_what_to_change(page: Page, mock: Mock):
    misspelt = {name: value for name, value in CALLOUT.items() if name != "number"} | {"Number": "T1"}
    post_soap(mock, envelope(call_element(misspelt)), auth=None)
    page.goto(mock.url)
    expect(page.locator("#row-1")).to_contain_text("1 problem")
    page.get_by_role("link", name="Request 1").click()
    told = page.locator("#said-of-it li")
    expect(told.first).to_contain_text("Problem")
    expect(told.first).to_contain_text("on the General tab")
    expect(told.filter(has_text="Number").first).to_contain_text("number")
    expect(page.locator("table.pairs").first.locator("tr", has_text="number")).to_contain_text("did not come")


def test_what_was_cleared_away_stays_to_be_read(page: Page, mock: Mock):
    mock.form()
    page.goto(mock.url + "/requests/1")
    expect(page.locator("#live-state")).to_have_text(LIVE)
    with page.expect_response(lambda answer: answer.url.rstrip("?").endswith("/requests/1")) as fetched:
        mock.api("DELETE", "/requests")
    assert fetched.value.status == 404
    expect(page.locator("h1")).to_have_text("Request 1")
    expect(page.locator("#live-state")).to_have_text(LIVE)


def test_a_body_is_copied_exactly_as_it_came(page: Page, mock: Mock):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=mock.url)
    body = envelope(call_element(CALLOUT))
    post_soap(mock, body)
    page.goto(mock.url + "/requests/1")
    page.get_by_role("button", name="Copy the body").click()
    expect(page.locator("#said")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == body.decode()


@pytest.mark.skipif(bool(without_curl()), reason=without_curl())
def test_a_request_is_copied_as_a_command_that_sends_it_again(page: Page, mock: Mock):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=mock.url)
    body = envelope(call_element({**CALLOUT, "udf": "it's $HOME & `more`"}))
    post_soap(mock, body)
    page.goto(mock.url + "/requests/1")
    page.get_by_role("button", name="Copy as cURL").click()
    expect(page.locator("#said")).to_have_text("Copied")
    command = page.evaluate("navigator.clipboard.readText()")
    command = command.replace("USERNAME:PASSWORD", ":".join(BASIC)).replace("curl", "curl --silent", 1)
    subprocess.run(["sh", "-c", command], check=True, capture_output=True, timeout=60)
    first, again = mock.rmm.journal.after(0, limit=9)
    assert (again.body, again.fields, again.answer_status) == (body, first.fields, 200)
    assert again.header("soapaction") == first.header("soapaction")


def test_from_a_request_one_goes_on_to_answer_its_next_one_differently(page: Page, mock: Mock):
    SENDERS["xml-rpc"](mock, CALLOUT)
    page.goto(mock.url + "/requests/1")
    page.get_by_role("link", name="Answer differently next time").click()
    page.get_by_role("button", name="Save").click()
    assert SENDERS["soap"](mock, CALLOUT).status_code == 200
    assert SENDERS["xml-rpc"](mock, {**CALLOUT, "number": "T20211120.0002"}).status_code == 200
    assert [SENDERS["xml-rpc"](mock, CALLOUT).status_code for _ in range(2)] == [503, 200]


def test_without_a_clipboard_the_text_is_selected(page: Page, mock: Mock):
    body = envelope(call_element(CALLOUT))
    post_soap(mock, body)
    page.goto(mock.url + "/requests/1")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.get_by_role("button", name="Copy the body").click()
    expect(page.locator("#said")).to_contain_text("Ctrl+C")
    assert page.evaluate("getSelection().toString()") == body.decode()


def test_an_empty_home_page_tells_a_command_that_fills_it(page: Page, mock: Mock):
    page.goto(mock.url)
    command = page.locator("#try-it").inner_text().split()
    assert command[0] == "portal"
    done = CliRunner().invoke(portal, command[1:], env={"PORTAL_SEND_PASSWORD": BASIC[1]})
    assert done.exit_code == 0, done.output
    expect(page.locator("#requests")).to_contain_text("Request 1")


def test_each_receivers_address_is_told_once(page: Page, mock: Mock):
    contract = Contract(method="Changed", namespace="urn:a", soap_action="urn:a#Changed", username="acme")
    mock.rmm.receivers.put(Receiver("Acme", "soap", "/callouts/acme", STRICT, contract))
    page.goto(mock.url)
    told = page.locator(".endpoints li")
    expect(told).to_have_count(4)
    expect(told.nth(0)).to_contain_text("Name value pair, GET and Name value pair, POST, user name rmm")
    expect(told.nth(3)).to_contain_text(mock.url + "/callouts/acme")
    expect(told.nth(3)).to_contain_text("Acme (SOAP 1.1 and 1.2, strict), user name acme")
    mock.session.post(mock.url + "/callouts/acme", data=b"", timeout=30)
    expect(page.locator("#row-1")).to_contain_text("Acme")
    page.get_by_text("Where to send callouts").click()
    expect(told.nth(3)).to_be_visible()
    mock.form()
    expect(page.locator("#row-2")).to_be_visible()
    expect(told.nth(3)).to_be_visible()


def test_an_alerts_trip_is_seen_as_it_happens(page: Page, connected_mock: Mock):
    mock = connected_mock
    alert = mock.api(
        "POST", "/alerts", json={"device": "SRV-01", "message": "Disk full", "door": "soap"}
    ).json()
    page.goto(mock.url)
    page.get_by_role("link", name=alert["id"]).click()
    steps = page.locator(".timeline li")
    expect(steps).to_have_count(3)
    expect(steps.nth(1)).to_contain_text(f"Ticket {alert['ticket_number']} created")
    expect(steps.nth(2)).to_contain_text("Complete the ticket")
    complete = {**CALLOUT, "status": "Complete", "udf": alert["id"]}
    mock.fault(door="*", fault="status", status=503, times=1)
    SENDERS["soap"](mock, complete)
    expect(steps.nth(2)).to_contain_text("Callout says Complete: answered 503")
    expect(steps.nth(2)).to_contain_text("Fault: status")
    SENDERS["soap"](mock, complete)
    expect(steps).to_have_count(6)
    expect(steps.nth(4)).to_contain_text("Alert cleared")
    expect(steps.nth(5)).to_contain_text("added to the ticket")
    expect(page.locator("#now")).to_contain_text("Cleared")
    steps.nth(3).get_by_role("link", name="Request 2").click()
    expect(page.locator("h1")).to_have_text("Request 2")


def test_a_devices_alerts_are_listed_by_its_name(page: Page, connected_mock: Mock):
    mock = connected_mock
    for device in ("SRV/01 & <b>", "FW-EDGE", "SRV/01 & <b>"):
        mock.api("POST", "/alerts", json={"device": device, "message": "Down", "door": "soap"})
    page.goto(mock.url + "/alerts")
    expect(page.locator("#devices tbody tr")).to_have_count(2)
    expect(page.locator("#devices tbody tr").first).to_contain_text("2 open")
    page.locator("#devices").get_by_role("link", name="SRV/01 & <b>").click()
    expect(page.locator("h1")).to_have_text("Alerts of SRV/01 & <b>")
    expect(page.locator("#alerts tbody tr")).to_have_count(2)
