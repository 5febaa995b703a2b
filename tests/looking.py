"""Looks at pages in a browser: what every page must be, and what a browser complains of."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

WIDTHS = (390, 1280)
HEIGHT = 900
# the browser also reports each answer of 4xx, which a test may be after
REFUSED = "responded with a status of 4"
# a mock may end before a page that follows it, and answers so when it can't reach a portal
MOCKS = ("net::ERR_", "responded with a status of 502")
_AXE = """async (source) => {
    if (!window.axe) (0, eval)(source);
    const { violations } = await axe.run({ resultTypes: ["violations"], preload: false });
    return { violations };
}"""


@contextmanager
def opened(browser: Browser, *tolerated: str, **options: object) -> Iterator[BrowserContext]:
    """A browser of one person: pages opened in it share the session's cookie.

    Fails at its end on an error of a script, on a breach of the content security policy, and on an answer of 500;
    ``tolerated`` are words of what the console may say besides.
    """
    made = browser.new_context(**{"viewport": {"width": 1280, "height": HEIGHT}} | options)
    made.set_default_timeout(60_000)
    complaints: list[str] = []

    def listen(said: ConsoleMessage) -> None:
        if said.type == "error" and not any(words in said.text for words in (REFUSED, *tolerated)):
            complaints.append(said.text)

    made.on("weberror", lambda error: complaints.append(str(error.error)))
    made.on("console", listen)
    yield made
    made.close()
    assert not complaints, complaints


def check(page: Page, widths: Sequence[int] = WIDTHS) -> None:
    """A page as it stands fits all the widths, and axe finds nothing at the first and the last of them."""
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        if width in {widths[0], widths[-1]}:
            found = AxeResults(page.evaluate(_AXE, AXE_SCRIPT))
            assert found.violations_count == 0, f"{page.url} at {width} px: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"
