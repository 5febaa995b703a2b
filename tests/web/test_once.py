"""A form is taken once: sent again, from Back or at the same time, it leads to what the first time made."""

import re
import threading
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.clock import now
from portal.models import Callout, Company, FormSubmission, Resource, Rule, Ticket, TicketNote, Udf
from tests.conftest import BOTH, make_resource, make_ticket, sign_in
from tests.delivery.conftest import make_callout
from tests.web.browser import enter
from tests.web.reading import form_data, message, summary, tree_of

RESOURCE = {"first_name": "Tess", "last_name": "Technician", "user_name": "tess"}
NEW = {
    "ticket": ("/tickets/new", "ticket-form", {"title": "Printer"}, Ticket),
    "company": ("/admin/companies/new", "company-form", {"name": "Acme"}, Company),
    "callout": (
        "/admin/callouts/new",
        "callout-editor",
        {"name": "Acme RMM", "url": "https://rmm.example/", "signing_action": "make"},
        Callout,
    ),
    "rule": ("/admin/rules/new?preset=basic", "rule-editor", {"name": "Tell"}, Rule),
    "udf": ("/admin/udfs/new", "udf-form", {"name": "Alert"}, Udf),
    "resource": ("/admin/resources/new", "resource-form", RESOURCE, Resource),
}


def count(session, model) -> int:
    session.expire_all()
    found = session.scalar(select(func.count()).select_from(model))
    session.commit()
    return found


@pytest.fixture
def filled(as_admin, session, company):
    """Give where a new thing's form goes, and what is sent from it."""
    callout = make_callout(session, "http://127.0.0.1:9/")

    def fill(what: str) -> tuple[str, dict]:
        path, form_id, entries, _ = NEW[what]
        page = as_admin.get(path)
        data = form_data(page, form_id) | entries
        if what == "ticket":
            data["company_id"] = str(company.id)
        if what == "rule":
            data["actions-0-callout"] = str(callout.id)
        data.pop("do", None)
        return tree_of(page).get_element_by_id(form_id).get("action") or path, data | {"then": "new"}

    return fill


@pytest.mark.parametrize("what", NEW)
def test_a_form_that_is_sent_again_leads_to_what_it_made(as_admin, session, filled, what):
    path, data = filled(what)
    before = count(session, NEW[what][3])
    first = as_admin.post(path, data=data)
    assert first.status_code in {200, 302}, summary(first)
    again = as_admin.post(path, data=data)
    assert count(session, NEW[what][3]) == before + 1
    made = session.scalar(select(func.max(NEW[what][3].id)))
    assert re.search(rf"/{made}$", again.location), again.location
    assert "sent before" in message(as_admin.get(again.location))


def test_a_note_a_list_and_a_password_are_taken_once(as_admin, session, admin, ticket):
    path = f"/tickets/{ticket.id}"
    token = tree_of(as_admin.get(path)).xpath(
        '//form[contains(@action, "/notes")]//input[@name="once"]/@value'
    )
    data = {"title": "Called", "description": "Nobody there", "publish": "1", "once": token[0]}
    locations = [as_admin.post(f"{path}/notes", data=data).location for _ in range(2)]
    assert locations == [f"{path}#activity"] * 2
    assert count(session, TicketNote) == 1
    data = form_data(as_admin.get("/admin/lists/queue"), "list-form") | {"new_label": "Level IX"}
    for _ in range(2):
        assert as_admin.post("/admin/lists/queue", data=data).location == "/admin/lists/queue"
    data = form_data(as_admin.get("/profile"), "password-form")
    data |= {"current": "correct horse battery", "password": "another password", "again": "another password"}
    for _ in range(2):
        assert as_admin.post("/profile/password", data=data).location == "/profile"


def test_other_entries_in_a_form_that_was_taken_are_not_lost_and_make_nothing_unasked(
    as_admin, session, filled
):
    path, data = filled("ticket")
    first = as_admin.post(path, data=data)
    assert first.status_code == 302
    made = session.scalar(select(func.max(Ticket.id)))
    told = as_admin.post(path, data=data | {"title": "Another"})
    assert told.status_code == 422
    assert "sent before" in summary(told)
    assert f"/tickets/{made}" in tree_of(told).xpath('//*[@id="error-summary"]//a/@href')
    meant = form_data(told, "ticket-form")
    assert meant["title"] == ["Another"]
    assert count(session, Ticket) == 1
    assert as_admin.post(path, data=meant).status_code == 302
    assert count(session, Ticket) == 2


def test_a_refused_form_is_as_good_as_before(as_admin, session, filled):
    path, data = filled("ticket")
    refused = as_admin.post(path, data=data | {"title": ""})
    assert refused.status_code == 422
    mended = form_data(refused, "ticket-form") | {"title": "Printer"}
    assert mended["once"] == data["once"]
    assert as_admin.post(path, data=mended).status_code == 302
    assert count(session, Ticket) == 1


def test_an_edit_that_is_sent_again_is_no_edit_and_one_that_goes_on_is(as_admin, session, company):
    ticket = make_ticket(session, company)
    path = f"/tickets/{ticket.id}/edit"
    data = form_data(as_admin.get(path), "ticket-form") | {"title": "First"}
    for _ in range(2):
        assert as_admin.post(path, data=data).location == f"/tickets/{ticket.id}"
    # the page of before, gone back to: what it had shown is stored no more, and is an edit
    back = as_admin.post(path, data=data | {"title": "Disk full on SRV1"})
    assert "since you opened it" in summary(back)
    assert as_admin.post(path, data=form_data(back, "ticket-form")).status_code == 302
    session.expire_all()
    assert ticket.title == "Disk full on SRV1"


def test_a_token_is_its_owners_alone_and_an_odd_one_is_none(as_admin, app, session, filled):
    path, data = filled("ticket")
    as_admin.post(path, data=data)
    other = app.test_client()
    sign_in(other, make_resource(session, "administrator"))
    assert other.post(path, data=data).status_code == 302
    for odd in ("", "\x00", "x" * 5000, "../../etc"):
        assert as_admin.post(path, data=data | {"once": odd}).status_code == 302
    assert count(session, Ticket) == 6


def test_tokens_of_a_week_ago_are_forgotten(as_admin, session, admin, filled):
    old = FormSubmission(
        resource_id=admin.id, token="x" * 22, entries="", leads_to="/", created_at=now() - timedelta(days=8)
    )
    session.add(old)
    session.commit()
    path, data = filled("ticket")
    as_admin.post(path, data=data)
    assert count(session, FormSubmission) == 1


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_of_two_at_the_same_time_one_makes_it_and_both_lead_there(app, as_admin, session, filled):
    path, data = filled("company")
    cookie = as_admin.get_cookie("roundtrip")
    session.remove()
    answers, both = [], threading.Barrier(2)

    def send() -> None:
        client = app.test_client()
        client.set_cookie("roundtrip", cookie.value)
        both.wait(10)
        answers.append(client.post(path, data=data))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [each.status_code for each in answers] == [302, 302]
    assert count(session, Company) == 2


def test_back_and_submit_again_makes_no_second_ticket(page: Page, session, company, technician):
    company_id = str(company.id)
    enter(page, technician)
    page.goto("/tickets/new")
    page.locator("#title").fill("Printer")
    page.locator("#company_id").select_option(company_id)
    page.get_by_role("button", name="Save & Close").click()
    expect(page.locator("h1")).to_have_text("Printer")
    first = page.url
    page.go_back()
    expect(page.locator("#title")).to_have_value("Printer")
    page.get_by_role("button", name="Save & Close").click()
    expect(page.locator("#messages")).to_contain_text("sent before")
    assert page.url == first
    assert count(session, Ticket) == 1
    assert "Printer" in page.locator("h1").inner_text()
