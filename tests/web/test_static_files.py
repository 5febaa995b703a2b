"""What a page costs over the wire: files that a browser keeps, and texts that are compressed."""

import re

from playwright.sync_api import Page

from tests.conftest import sign_in
from tests.web.browser import enter
from tests.web.everything import fill

GZIP = {"Accept-Encoding": "gzip"}


def test_a_cold_home_takes_90_kb_and_a_warm_one_takes_one_request(app, session, admin, page: Page):
    fill(app, session, admin)
    enter(page, admin)
    network = page.context.new_cdp_session(page)
    sent: dict[str, str] = {}
    kept: list[str] = []
    sizes: list[float] = []
    network.on("Network.requestWillBeSent", lambda it: sent.update({it["requestId"]: it["request"]["url"]}))
    network.on("Network.requestServedFromCache", lambda it: kept.append(it["requestId"]))
    network.on(
        "Network.responseReceived",
        lambda it: kept.append(it["requestId"]) if it["response"]["fromDiskCache"] else None,
    )
    network.on("Network.loadingFinished", lambda it: sizes.append(it["encodedDataLength"]))
    network.send("Network.enable")
    network.send("Network.clearBrowserCache")

    page.goto("/", wait_until="networkidle")
    assert len(sent) > 3
    assert sum(sizes) <= 90_000

    for seen in (sent, kept, sizes):
        seen.clear()
    page.goto("/", wait_until="networkidle")
    assert [url for each, url in sent.items() if each not in kept] == [page.url]


def test_static_files_are_kept_for_a_year_under_the_digest_of_their_content(client):
    urls = re.findall(r'(?:src|href)="(/(?:static|bootstrap)[^"]+)"', client.get("/sign-in").text)
    assert len(urls) > 4
    for url in urls:
        answer = client.get(url, headers=GZIP, buffered=True)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", url
        assert (
            answer.headers.get("Content-Encoding") == "gzip" or int(answer.headers["Content-Length"]) < 1000
        )
    # a machine that has another version, and no version
    assert client.get("/static/portal.css?v=older", buffered=True).headers["Cache-Control"] == "no-cache"
    assert client.get("/static/portal.css", buffered=True).headers["Cache-Control"] == "no-cache"
    part = client.get("/static/portal.css", headers=GZIP | {"Range": "bytes=0-9"}, buffered=True)
    assert (part.status_code, "Content-Encoding" in part.headers) == (206, False)


def test_a_page_is_compressed_unless_another_site_asks_for_it(client, admin, subtests):
    sign_in(client, admin)
    for asked_by, encoding in [
        ("same-origin", "gzip"),
        ("none", "gzip"),
        ("cross-site", None),
        ("same-site", None),
    ]:
        with subtests.test(asked_by=asked_by, encoding=encoding):
            answer = client.get("/", headers=GZIP | {"Sec-Fetch-Site": asked_by})
            assert answer.headers.get("Content-Encoding") == encoding
            assert answer.headers["Cache-Control"] == "no-store"
