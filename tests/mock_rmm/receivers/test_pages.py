"""The pages of the receivers, in a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.looking import MOCKS, check, opened
from tests.mock_rmm.receivers.contracts import OWN, body, send, soap_receiver
from tests.mock_rmm.running import Mock

pytestmark = pytest.mark.browser


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(browser, *MOCKS, color_scheme=request.param) as context:
        yield context.new_page()


def test_a_receiver_is_set_up_changed_and_removed(page: Page, mock: Mock):
    page.goto(mock.url + "/receivers/")
    expect(page.locator(".empty")).to_contain_text("No receiver is set up")
    check(page)
    page.get_by_role("link", name="New receiver").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#name-error")).to_contain_text("Give a name")
    check(page)
    page.get_by_label("Name (required)").fill("acme")
    page.get_by_label("Endpoint").select_option("SOAP 1.1 and 1.2")
    page.get_by_label("Mode").select_option(label="Strict: holds calls to its contract")
    page.get_by_label("Method name").fill("ClearAlert")
    page.get_by_label("SOAP action").fill("http://acme.example/alerts/ClearAlert")
    page.get_by_label("udf", exact=True).check()
    page.get_by_label("User name").fill(OWN[0])
    page.get_by_label("Password").fill(OWN[1])
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("acme listens at /callouts/acme")
    expect(page.locator("main")).to_contain_text("http://acme.example/alerts/ClearAlert")
    check(page)
    url = mock.url + "/callouts/acme"
    assert send(mock, url, body()).status_code == 200

    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_label("Namespace")).to_have_value("http://acme.example/alerts/")
    expect(page.get_by_label("Password")).to_have_value("")
    check(page)
    page.get_by_label("SOAP 1.1", exact=True).uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("A portal sends SOAP 1.1, which this receiver refuses")
    assert send(mock, url, body()).status_code == 415
    assert send(mock, url, body("1.2"), "1.2").status_code == 200

    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status").first).to_contain_text("The receiver acme is removed.")
    assert send(mock, url, body()).status_code == 404


def test_fields_that_the_door_has_no_use_for_are_disabled(page: Page, mock: Mock):
    page.goto(mock.url + "/receivers/new")
    page.get_by_label("Endpoint").select_option("XML-RPC")
    expect(page.get_by_label("SOAP action")).to_be_disabled()
    expect(page.get_by_label("Method name")).to_be_enabled()
    expect(page.get_by_label("XML-RPC parameters")).to_be_enabled()
    page.get_by_label("Endpoint").select_option("SOAP 1.1 and 1.2")
    expect(page.get_by_label("SOAP action")).to_be_enabled()
    expect(page.get_by_label("XML-RPC parameters")).to_be_disabled()


def test_a_name_and_an_address_are_taken_once(page: Page, mock: Mock):
    soap_receiver(mock)
    page.goto(mock.url + "/receivers/new")
    page.get_by_label("Name (required)").fill("acme")
    page.get_by_label("Endpoint").select_option("XML-RPC")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#name-error")).to_contain_text("There is a receiver acme already")
    page.get_by_label("Name (required)").fill("other")
    page.get_by_label("Path").fill("/callouts/acme")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#path-error")).to_contain_text("The receiver acme has this address already")
    assert mock.rmm.receivers.get("other") is None


def test_built_in_receivers_are_shown_but_cannot_be_edited(page: Page, mock: Mock):
    page.goto(mock.url + "/receivers/xml-rpc")
    expect(page.locator("main")).to_contain_text("Any other method will do as well.")
    expect(page.get_by_role("button", name="Remove")).to_have_count(0)
    check(page)
    for path in ("/receivers/xml-rpc/edit", "/receivers/nobody"):
        assert page.goto(mock.url + path).status == 404
