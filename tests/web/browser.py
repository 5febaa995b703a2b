"""The portal in a real browser: fixtures and steps that the browser tests share.

``page`` fails its test on an error of a script, on a breach of the content security policy, and on an answer
of 500; ``portal`` serves the test's app, with CSRF tokens asked for, on a port of its own.

A transaction that the test's own session leaves open holds SQLite's write lock, and the portal waits for it: so
after a read the test commits, before it goes on in the browser.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import lxml.html
import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import object_session

from portal.db.engine import db as database
from portal.models import Resource
from tests.conftest import PASSWORD
from tests.looking import WIDTHS, check, opened
from tests.mock_rmm.running import serving

SCHEMES = ("light", "dark")
CALLOUTS = "/admin/callouts/"
SAVE_CLOSE = {"name": "Save & Close", "exact": True}


@dataclass(frozen=True)
class Portal:
    url: str


@pytest.fixture
def portal(app: Flask) -> Iterator[Portal]:
    app.config["WTF_CSRF_ENABLED"] = True
    # so that looking at what was just committed begins no transaction
    database.session().expire_on_commit = False
    with serving(app) as url:
        yield Portal(url)


@pytest.fixture
def context(browser: Browser, portal: Portal) -> Iterator[BrowserContext]:
    """A browser of one person, at the portal."""
    with opened(browser, base_url=portal.url) as made:
        yield made


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def plain_page(browser: Browser, portal: Portal) -> Iterator[Page]:
    """A page without JavaScript."""
    with opened(browser, base_url=portal.url, java_script_enabled=False) as made:
        yield made.new_page()


@pytest.fixture
def desk(page: Page, admin: Resource) -> Page:
    """A page of an administrator who has signed in."""
    enter(page, admin)
    return page


def enter(page: Page, who: Resource) -> None:
    """Sign in as the form does, but without loading its page and Home."""
    fields, session = {"user_name": who.user_name, "password": PASSWORD}, object_session(who)
    if session is not None:
        session.rollback()  # what a test has begun by reading would hold SQLite's write lock
    requests = page.context.request
    form = lxml.html.fromstring(requests.get("/sign-in").text())
    (fields["csrf_token"],) = form.xpath('//input[@name="csrf_token"]/@value')
    assert requests.post("/sign-in", form=fields, max_redirects=0).status == 302


def look_over(page: Page, widths: Sequence[int] = WIDTHS) -> None:
    """Check a page as it stands for accessibility and for width, at the first width light, at the second dark."""
    for scheme, width in zip(SCHEMES, widths, strict=True):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        check(page, [width])
    assert page.locator("h1").count() == 1


def save(page: Page) -> None:
    page.get_by_role("button", **SAVE_CLOSE).last.click()


def stored(session, model, name):
    found = session.scalar(select(model).filter_by(name=name).execution_options(populate_existing=True))
    session.commit()
    return found
