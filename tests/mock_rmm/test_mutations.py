"""A thousand broken requests an endpoint: each is answered as its protocol has it, kept, explained, and cheap."""

import re
import xmlrpc.client
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest
from flask import Flask
from lxml import etree

from mock_rmm.endpoints.receiver import ASP_NET, KINDS, LENIENT
from mock_rmm.journal import Entry
from mock_rmm.rmm import EXTENSION
from mock_rmm.settings import Settings
from tests.mock_rmm.mutations import Sent, broken, good_ones
from tests.mock_rmm.senders import ENVELOPES
from tests.mock_rmm.straight import call, is_cheap, mock_in_every_mode, newest, path_of

A_ROUND = 1000
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

DOORS = {
    "name-value-get": ("name-value-get",),
    "name-value-post": ("name-value-post",),
    "soap": ("soap", "soap-1.2"),
    "xml-rpc": ("xml-rpc", "xml-rpc-positional"),
}
"""Each door, and the pairs that it reads."""

REFUSED_BY_HTTP = {401, 405, 415}


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    with mock_in_every_mode(Settings(journal_entries=500)) as app:
        yield app


@pytest.mark.parametrize("door", DOORS)
def test_broken_requests_are_answered_kept_explained_and_cheap(app: Flask, door: str):
    random = Random(f"{door} 0")
    others = good_ones(
        ("name-value-get", "name-value-post", "soap", "soap-1.2", "xml-rpc", "xml-rpc-positional")
    )
    own = good_ones(DOORS[door])
    terms = KINDS[door]
    places = [
        (LENIENT, terms.path),
        *((mode, path_of(door, mode)) for mode in terms.modes if mode != LENIENT),
    ]
    journal = app.extensions[EXTENSION].journal
    seen = set()
    for count in range(A_ROUND):
        sent = broken(random, random.choice(own), others)
        mode, path = places[count % len(places)]
        before = journal.version
        status, content_type, body, spent = call(app, path, sent)
        (entry,) = journal.newest(1) if count % 10 == 0 else (newest(app),)
        assert journal.version > before
        assert_kept(entry, sent, status)
        assert_explained(entry, status, mode)
        assert is_cheap(app, path, sent, spent), sent
        assert_proper(door, sent, status, content_type, body)
        seen.add(status)
    assert seen >= {200, 401, 405}, "the requests are too broken, or not enough"


def test_a_query_of_any_bytes_is_no_500(app: Flask, subtests: pytest.Subtests):
    """Straight to the program: the server of the other tests mends such a query, and gunicorn doesn't."""
    for path, query, status in [
        ("/callouts/name-value", "udf=\xff", 401),
        ("/callouts/soap", "wsdl&x=\xff", 200),
        ("/requests", "text=\xff", 200),
    ]:
        with subtests.test(path=path, query=query, status=status):
            assert call(app, path, Sent("GET", query, b""))[0] == status


def assert_kept(entry: Entry, sent: Sent, status: int) -> None:
    assert (entry.method, entry.query, entry.body) == (sent.method, sent.query, sent.body)
    assert entry.answer_status == status


def assert_explained(entry: Entry, status: int, mode: str) -> None:
    assert entry.findings
    for finding in entry.findings:
        assert 10 < len(finding.sentence) < 1500, finding
        assert not CONTROL.search(finding.sentence), finding
    problems = [finding for finding in entry.findings if finding.severity == "problem"]
    assert problems or status == 200, entry.findings
    # An ASP.NET service takes what it doesn't understand; XML-RPC refuses with 200
    if mode != ASP_NET and status == 200 and not entry.problem:
        assert not problems, (entry, problems)


def assert_proper(door: str, sent: Sent, status: int, content_type: str, body: bytes) -> None:
    if sent.method == "HEAD":
        assert body == b""
    elif status in REFUSED_BY_HTTP or door.startswith("name-value"):
        assert status in REFUSED_BY_HTTP | {200, 400}
        assert content_type == "text/plain; charset=utf-8"
        body.decode()
    elif door == "soap":
        assert_soap(status, content_type, body)
    else:
        assert status == 200
        assert etree.fromstring(body).tag == "methodResponse"
        with suppress(xmlrpc.client.Fault):
            xmlrpc.client.loads(body)


def assert_soap(status: int, content_type: str, body: bytes) -> None:
    if content_type.startswith("text/plain"):  # of a Content-Type for no version of SOAP, as ASP.NET does
        assert (status, body[:26]) == (500, b"Request format is invalid:")
        return
    document = etree.fromstring(body)
    namespace, _, name = document.tag[1:].partition("}")
    assert name == "Envelope"
    assert namespace in {envelope for envelope, _ in ENVELOPES.values()}
    is_fault = document[0][0].tag == f"{{{namespace}}}Fault"
    assert status == (500 if is_fault else 200)


def test_whatever_a_stranger_sends_is_shown_on_each_page_and_export(app: Flask):
    random = Random(8)
    pairs = ("name-value-get", "name-value-post", "soap", "soap-1.2", "xml-rpc", "xml-rpc-positional")
    good = good_ones(pairs)
    client = app.test_client()
    for door, terms in KINDS.items():
        for _ in range(15):
            call(app, terms.path, broken(random, random.choice(good), good))
            number = newest(app).id
            for path in (f"/requests/{number}", f"/api/requests/{number}", f"/api/requests/{number}/curl"):
                assert client.get(path).status_code == 200, (door, path)
    assert client.get("/api/requests.har").status_code == 200
