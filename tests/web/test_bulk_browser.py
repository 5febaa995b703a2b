"""Bulk jobs and the dashboard in a real browser: progress by itself, and without JavaScript by reloading."""

import pytest
from playwright.sync_api import Page, expect

from portal.db.engine import db
from portal.db.services import services
from portal.delivery import bulk
from tests.delivery.test_bulk import add
from tests.web.browser import enter, look_over


def work() -> None:
    db.session.commit()
    bulk.work(db.engine, services().doorbell.ring, lambda: False)
    db.session.expire_all()


@pytest.fixture
def failed(session, ticket, callout) -> list[int]:
    return add(session, ticket, callout, "failed", 3)


def test_many_are_ticked_counted_sent_again_and_watched(page: Page, admin, failed):
    enter(page, admin)
    page.goto("/deliveries")
    page.get_by_label(f"Tick delivery {failed[0]}").check()
    page.get_by_label(f"Tick delivery {failed[2]}").check()
    page.get_by_role("button", name="Send ticked again").click()
    expect(page.get_by_role("heading", name="2 deliveries match")).to_be_visible()
    look_over(page)
    page.get_by_role("button", name="Send 2 deliveries again").click()
    expect(page.locator("#progress-text")).to_contain_text("0 of 2 sent again")
    look_over(page)
    work()
    # the page hears of it by itself
    expect(page.locator("#progress-text")).to_contain_text("2 of 2 sent again")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


def test_a_job_is_started_watched_and_stopped_without_javascript(plain_page: Page, admin, failed):
    page = plain_page
    enter(page, admin)
    page.goto("/admin/bulk/new")
    page.get_by_role("button", name="Send 3 deliveries again").click()
    expect(page.locator("#progress-text")).to_contain_text("0 of 3 sent again")
    page.get_by_role("link", name="Reload").click()
    expect(page.locator("progress")).to_have_attribute("value", "0")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#messages")).to_contain_text("The job was stopped.")


def test_the_dashboards_table_opens_and_fits(page: Page, admin, failed):
    enter(page, admin)
    page.goto("/dashboard?period=day")
    page.get_by_text("The same figures as a table").click()
    expect(page.locator("#figures tbody tr")).not_to_have_count(0)
    look_over(page)
    page.set_viewport_size({"width": 768, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 768
