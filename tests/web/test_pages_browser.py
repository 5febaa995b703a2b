"""Every page in a real browser: it fits at every width, in light and dark, and axe finds nothing."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.looking import HEIGHT
from tests.web.browser import enter, look_over
from tests.web.everything import fill
from tests.web.test_conventions import address

pytestmark = pytest.mark.browser

# phones, tablets, where the navigation comes and goes, and desks
WIDTHS = (390, 600, 768, 992, 1100, 1280, 1600)
NOT_PAGES = ("static", "bootstrap.static", "home.health", "watching.", "atws.", "auth.")
PARTS: dict[str, Callable[[str], bool]] = {
    "of everybody": lambda path: not path.startswith("/admin"),
    "of callouts and rules": lambda path: path.startswith(("/admin/callouts", "/admin/rules")),
    "of the other admin pages": lambda path: (
        path.startswith("/admin") and not path.startswith(("/admin/callouts", "/admin/rules"))
    ),
}


def pages_of(app: Flask) -> list[str]:
    return [
        address(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(NOT_PAGES)
    ]


@pytest.mark.parametrize("part", PARTS)
def test_every_page_fits_and_is_accessible(app, session, admin, page: Page, part: str):
    fill(app, session, admin)
    enter(page, admin)
    looked_at = 0
    for path in filter(PARTS[part], pages_of(app)):
        page.goto(path)
        if not page.locator("h1").count():
            continue  # a part of a page, fetched by portal.js
        look_over(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} at {width}"
        looked_at += 1
    assert looked_at > 5
