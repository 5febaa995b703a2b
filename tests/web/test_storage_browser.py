"""In a browser: a ticket that can't be saved is not lost to whoever typed it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import func, select

from portal.db.engine import db
from portal.models import Ticket
from tests.conftest import make_ticket
from tests.storage import away, full, read_only
from tests.web.browser import Portal, enter, look_over


@pytest.fixture
def page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """A page that may be answered with 503."""
    made = browser.new_context(base_url=portal.url, viewport={"width": 1280, "height": 900})
    made.set_default_timeout(60_000)
    yield made.new_page()
    made.close()


def tickets() -> int:
    db.session.rollback()
    count = db.session.scalar(select(func.count()).select_from(Ticket))
    db.session.remove()
    return count


def test_what_was_typed_into_a_full_portal_is_saved_by_try_again_once_there_is_room(
    page, portal, session, technician, company
):
    enter(page, technician)
    text = "Nothing is written to it.\n" * 300
    page.goto("/tickets/new")
    page.locator("#title").fill("Disk <full> & “quoted”")
    page.locator("#description").fill(text)
    page.locator("#company_id").select_option(str(company.id))
    session.remove()
    with full():
        page.get_by_role("button", name="Save & Close").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The portal's disk is full")
        look_over(page)
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The portal's disk is full")
        assert tickets() == 0
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#messages")).to_contain_text("was created")
    session.rollback()
    ticket = session.scalars(select(Ticket)).one()
    assert ticket.title == "Disk <full> & “quoted”"
    assert ticket.description.replace("\r\n", "\n").strip() == text.strip()
    session.remove()


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_database_that_is_away_is_told_of_without_asking_it_who_is_there(
    page, portal, session, technician, company, postgres
):
    path = f"/tickets/{make_ticket(session, company).id}"
    enter(page, technician)
    with away(postgres):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text("The database does not answer")
        look_over(page)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Disk full on SRV1")


def test_a_ticket_in_a_read_only_portal_is_not_completed(page, portal, session, technician, company):
    path = f"/tickets/{make_ticket(session, company).id}"
    enter(page, technician)
    page.goto(path)
    session.remove()
    with read_only():
        page.get_by_role("button", name="Complete", exact=True).first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("The database can only be read")
        look_over(page)
        page.get_by_role("link", name="Go back").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Disk full on SRV1")
