"""What is sent to cost much costs little: reading, explaining, keeping and answering together, in every mode."""

import itertools
import xmlrpc.client
from collections.abc import Iterator

import pytest
from flask import Flask

from mock_rmm.endpoints.endpoint import LONGEST_BODY
from mock_rmm.endpoints.receiver import KINDS, STRICT
from mock_rmm.settings import Settings
from tests.mock_rmm.mutations import Sent, good_ones
from tests.mock_rmm.running import CALLOUT
from tests.mock_rmm.senders import call_element, envelope
from tests.mock_rmm.straight import call, is_cheap, mock_in_every_mode, newest, path_of
from tests.mock_rmm.test_hostile_input import HOSTILE_FORMS, HOSTILE_XML_RPC, hostile_soap

ROOM = LONGEST_BODY - 2000
XML_RPC_OF = xmlrpc.client.dumps((CALLOUT | {"udf": "X"},), "x").encode()

COSTLY = {
    "soap": {
        **{f"1.1, {kind}": body for kind, body in hostile_soap("1.1").items()},
        **{f"1.2, {kind}": body for kind, body in hostile_soap("1.2").items()},
        "a long value": envelope(call_element(CALLOUT | {"udf": "Ã¼" * (ROOM // 4)})),
        "a long time": envelope(call_element(CALLOUT | {"created_datetime": "2021-11-20T" + "1" * ROOM})),
        "a long name": envelope(call_element({"a" * (ROOM // 2): "1"})),
        "many names": envelope(call_element({f"created_dat{index}": "1" for index in range(9000)})),
        "the same name": envelope("<Do>" + "<id>1</id>" * 9000 + "</Do>"),
        "a long namespace": envelope(call_element(CALLOUT, namespace="urn:" + "x" * ROOM)),
        "spaces": envelope(call_element(CALLOUT | {"status": " " * ROOM})),
        "only spaces": b" " * ROOM,
        "spaces before": b" " * ROOM + envelope("<Do/>"),
        "an unending declaration": b"<?xml version='1.0' " + b" " * ROOM,
        "a comment": envelope("<!--" + "-x" * (ROOM // 2) + "-->"),
        "UTF-16": envelope(call_element(CALLOUT | {"udf": "x" * (ROOM // 3)})).decode().encode("utf-16"),
    },
    "xml-rpc": {
        **HOSTILE_XML_RPC,
        "a long value": XML_RPC_OF.replace(b"X", b"x" * ROOM),
        "many members": xmlrpc.client.dumps(
            ({f"status{index}": "1" for index in range(3000)},), "x"
        ).encode(),
        "many parameters": xmlrpc.client.dumps(("x",) * 4000, "x").encode(),
        "a long name": XML_RPC_OF.replace(b">udf<", b">" + b"u" * ROOM + b"<"),
        "a long method": xmlrpc.client.dumps((CALLOUT,), "x" * ROOM).encode(),
    },
    "name-value-post": {
        **HOSTILE_FORMS,
        "percent signs": b"id=" + b"%" * ROOM,
        "percent-encoded": b"id=" + b"%41" * (ROOM // 3),
        "percent-encoded and wrong": b"id=" + b"%ff" * (ROOM // 3),
        "a long name": b"x" * ROOM + b"=1",
        "many names": b"&".join(b"created_dat%d=1" % index for index in range(150)) + b"&id=1",
        "ampersands": b"&" * ROOM,
        "plus signs": b"id=" + b"+" * ROOM,
        "not a form": b"x" * ROOM,
        "angle brackets": b"<" * ROOM,
    },
}
MEDIA = {"soap": "text/xml", "xml-rpc": "text/xml", "name-value-post": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def app() -> Iterator[Flask]:
    with mock_in_every_mode(Settings()) as app:
        yield app


@pytest.mark.parametrize("door", COSTLY)
def test_nothing_costs_much(app: Flask, door: str, subtests: pytest.Subtests):
    """Each kind in one mode, each mode with many kinds."""
    headers = good_ones(("soap",))[0].headers | {"Content-Type": MEDIA[door]}
    modes = itertools.cycle(KINDS[door].modes)
    for (kind, body), mode in zip(COSTLY[door].items(), modes, strict=False):
        with subtests.test(kind=kind, mode=mode):
            sent = Sent("POST", "", body, headers)
            path = path_of(door, mode)
            spent = call(app, path, sent)[3]
            entry = newest(app)
            assert is_cheap(app, path, sent, spent)
            assert entry.body == sent.body
            assert entry.findings
            assert all(len(finding.sentence) < 1500 for finding in entry.findings)


def test_no_header_costs_much(app: Flask):
    (good, *_) = good_ones(("soap",))
    for name in (
        "SOAPAction",
        "Authorization",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "Content-Type",
    ):
        for value in (
            '"' * 8000,
            "A" * 8000,
            " ;" * 4000,
            "v1," * 2500,
            "1" * 8000,
            "text/xml; charset=" + "u" * 7000,
        ):
            sent = Sent("POST", "", good.body, good.headers | {name: value})
            path = path_of("soap", STRICT)
            assert is_cheap(app, path, sent, call(app, path, sent)[3]), (name, value[:20])
