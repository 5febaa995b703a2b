"""Every page in a real browser: it fits at every width, in light and dark, and axe finds nothing."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from portal.clock import now
from tests.looking import HEIGHT, WIDTHS
from tests.web.browser import enter, look_over
from tests.web.everything import fill
from tests.web.test_callouts import make_callout, make_rule
from tests.web.test_conventions import address

# besides those at which a page is looked over: tablets, where the navigation comes and goes, and desks
BETWEEN = (600, 768, 992, 1100, 1600)
NOT_PAGES = ("static", "bootstrap.static", "home.health", "monitoring.", "atws.", "rest.", "auth.")
PARTS: dict[str, Callable[[str], bool]] = {
    "of everybody": lambda path: not path.startswith("/admin"),
    "of callouts and rules": lambda path: path.startswith(("/admin/callouts", "/admin/rules")),
    "of the other admin pages": lambda path: (
        path.startswith("/admin") and not path.startswith(("/admin/callouts", "/admin/rules"))
    ),
}


# what no route's address alone shows, with the longest texts that are kept
MORE = (
    "/admin/callouts/{callout}",
    "/admin/callouts/{callout}?tab=rules",
    "/admin/callouts/{callout}?tab=notification",
    "/admin/callouts/{callout}/delete",
    "/admin/rules/new?preset=basic",
    "/admin/rules/{rule}",
    "/admin/rules/{rule}/delete",
)


def pages_of(app: Flask) -> list[str]:
    return [
        address(rule)
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.startswith(NOT_PAGES)
    ]


def add_long(session) -> list[str]:
    reason = "HTTP 503 from rmm.example: the receiver answered with a fault: " + "x" * 600
    failing = {"failing_since": now(), "failing_reason": reason, "paused": True}
    callout = make_callout(session, "Acme " + "n" * 95, url="https://rmm.example/" + "x" * 1980, **failing)
    rule = make_rule(session, callout, "Tell " + "n" * 95)
    paths = [path.format(callout=callout.id, rule=rule.id) for path in MORE]
    session.commit()
    return paths


@pytest.mark.parametrize("part", PARTS)
def test_every_page_fits_and_is_accessible(app, session, admin, page: Page, part: str):
    fill(app, session, admin)
    more = add_long(session)
    page.goto("/sign-in")
    look_over(page)
    enter(page, admin)
    looked_at = 0
    for path in filter(PARTS[part], [*pages_of(app), *more]):
        page.goto(path)
        if not page.locator("h1").count():
            continue  # a part of a page, fetched by portal.js
        # of each two pages one is looked at narrow in light, the other wide
        look_over(page, WIDTHS[:: 1 if looked_at % 2 else -1])
        for width in BETWEEN:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert beyond <= 0, f"{path} at {width}"
        looked_at += 1
    assert looked_at > 5
