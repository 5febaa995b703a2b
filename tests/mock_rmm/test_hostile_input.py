"""Whatever is sent to a door, the answer is a proper one of its format, and quick; and the journal has it."""

import logging
import socket
import xmlrpc.client
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from mock_rmm.endpoints.endpoint import LONGEST_BODY
from tests.mock_rmm.running import BASIC, CALLOUT, Mock
from tests.mock_rmm.senders import ENVELOPES, call_element, envelope, post_soap, post_xml_rpc

DOCTYPE = '<!DOCTYPE x [<!ENTITY e "boom">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'


def soap_document(inner: str, version: str) -> bytes:
    return f'<s:Envelope xmlns:s="{ENVELOPES[version][0]}">{inner}</s:Envelope>'.encode()


def hostile_soap(version: str) -> dict[str, bytes]:
    call = call_element(CALLOUT).encode()
    return {
        "an empty request": b"",
        "only spaces": b"   \n",
        "no Body": soap_document("", version),
        "an empty Body": soap_document("<s:Body/>", version),
        "a Body of text": soap_document("<s:Body>hello</s:Body>", version),
        "a Header only": soap_document("<s:Header><a/></s:Header>", version),
        "a Fault": soap_document("<s:Body><s:Fault><faultstring>x</faultstring></s:Fault></s:Body>", version),
        "no values": envelope("<Do/>", version),
        "values in the wrong case": envelope("<Do><Id>1</Id><STATUS>New</STATUS></Do>", version),
        "not XML": b"id=1&status=New",
        "another root": b"<a/>",
        "an envelope of no version": b'<s:Envelope xmlns:s="urn:x"><s:Body><a/></s:Body></s:Envelope>',
        "cut short": envelope(call.decode(), version)[:-20],
        "two roots": b"<a/><b/>",
        "null bytes": b"\x00" * 1000,
        "bytes that don't decode": envelope(call_element({"udf": "X"}), version).replace(b"X", b"\xff\xfe"),
        "an unknown declared charset": b"<?xml version='1.0' encoding='klingon'?><a/>",
        "a charset that isn't text": b"<?xml version='1.0' encoding='base64'?><a/>",
        "a DOCTYPE": DOCTYPE.encode() + envelope(call_element({"id": "&e;"}), version),
        "an external DOCTYPE": b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + envelope("<a/>", version),
        "many laughs": LAUGHS.encode() + envelope(call_element({"id": "1"}).replace("1", "&c;"), version),
        "an undefined entity": envelope("<a><id>&nothing;</id></a>", version),
        "cyclic hrefs": envelope('<a><id id="1" href="#2"/><b id="2" href="#1"/><c href="#1"/></a>', version),
        "an href to nowhere": envelope('<a id="1"><id href="#nowhere"/></a>', version),
        "100,000 attributes": envelope("<a " + " ".join(f'a{i}="x"' for i in range(80_000)) + "/>", version),
        "60,000 namespaces": envelope(
            "<a " + " ".join(f'xmlns:a{i}="u{i}"' for i in range(40_000)) + "/>", version
        ),
        "deep nesting": envelope("<a>" * 50_000 + "</a>" * 50_000, version),
        "a great many elements": envelope("<a>" + "<b/>" * 200_000 + "</a>", version),
        "a broken prefix": envelope("<nope:a/>", version),
    }


CALL = "<methodCall><methodName>x</methodName><params><param><value>{}</value></param></params></methodCall>"
NUMBER = CALL.format("<int>{}</int>")
HOSTILE_XML_RPC = {
    "an empty request": b"",
    "another root": b"<a/>",
    "an empty call": b"<methodCall/>",
    "a call without a name": b"<methodCall><params/></methodCall>",
    "an empty name": b"<methodCall><methodName/><params/></methodCall>",
    "no parameters": xmlrpc.client.dumps((), "x").encode(),
    "one string": xmlrpc.client.dumps(("a",), "x").encode(),
    "six strings": xmlrpc.client.dumps(tuple("123456"), "x").encode(),
    "an empty struct": xmlrpc.client.dumps(({},), "x").encode(),
    "nested values": xmlrpc.client.dumps(({"id": ["1"], "status": {"a": "b"}},), "x").encode(),
    "an answer": xmlrpc.client.dumps(("x",), methodresponse=True).encode(),
    "a fault": xmlrpc.client.dumps(xmlrpc.client.Fault(1, "x"), methodresponse=True).encode(),
    "a long number": NUMBER.format("9" * 900_000).encode(),
    "no number": NUMBER.format("nine").encode(),
    "an empty number": NUMBER.format("").encode(),
    "a big decimal": NUMBER.replace("int>", "bigdecimal>").format("9" * 1000).encode(),
    "an infinite number": NUMBER.replace("int>", "double>").format("1e999999").encode(),
    "deep arrays": NUMBER.format("<array><data><value>" * 20_000).encode(),
    "deep closed arrays": NUMBER.format("")
    .replace("<int></int>", "<array><data><value>" * 9000 + "</value></data></array>" * 9000)
    .encode(),
    "a value out of place": b"<methodCall><methodName>x</methodName></value></methodCall>",
    "members out of place": b"<methodCall><methodName>x</methodName><member><name/></member><struct/></methodCall>",
    "bad base64": NUMBER.replace("int>", "base64>").format("§§").encode(),
    "a bad boolean": NUMBER.replace("int>", "boolean>").format("2").encode(),
    "a DOCTYPE": DOCTYPE.encode() + xmlrpc.client.dumps((CALLOUT,), "x").encode(),
    "bytes that don't decode": xmlrpc.client.dumps(("X",) * 7, "x").encode().replace(b"X", b"\xff"),
    "100,000 attributes": b"<methodCall " + b" ".join(b'a%d="x"' % i for i in range(80_000)) + b"/>",
}

HOSTILE_FORMS = {
    "an empty request": b"",
    "no pairs": b"hello",
    "none of the seven": b"a=1&b=2",
    "names in the wrong case": b"ID=1&Status=New",
    "bytes that don't decode": b"id=\xff\xfe",
    "percent-encoding that doesn't decode": b"id=%ff%fe",
    "a great many pairs": b"a=1&" * 200_000,
}


def test_soap_answers_with_a_fault(mock: Mock, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests):
    for version in ENVELOPES:
        for kind, body in hostile_soap(version).items():
            with subtests.test(version=version, kind=kind):
                mock.reset()
                answer = post_soap(
                    mock, body, version, headers={"Content-Type": ENVELOPES[version][1].partition(";")[0]}
                )
                assert answer.status_code == 500
                document = etree.fromstring(answer.content)
                fault = document[0][0]
                assert etree.QName(fault).localname == "Fault"
                assert (
                    etree.QName(fault).namespace == etree.QName(document).namespace == ENVELOPES[version][0]
                )
                assert answer.headers["Content-Type"].startswith(ENVELOPES[version][1].partition(";")[0])
                code = fault.findtext("faultcode") or fault.findtext(".//{*}Value")
                prefix, _, name = code.partition(":")
                assert fault.nsmap[prefix] == ENVELOPES[version][0]
                assert name in {"Client", "Sender"}
                assert mock.last()["problem"]
                assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_xml_rpc_answers_with_a_fault(
    mock: Mock, caplog: pytest.LogCaptureFixture, subtests: pytest.Subtests
):
    for kind, body in HOSTILE_XML_RPC.items():
        with subtests.test(kind=kind):
            mock.reset()
            answer = post_xml_rpc(mock, body)
            assert answer.status_code == 200
            with pytest.raises(xmlrpc.client.Fault) as told:
                xmlrpc.client.loads(answer.content)
            assert told.value.faultCode == -32600
            assert mock.last()["problem"] == told.value.faultString
            assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_name_value_answers_400(mock: Mock, subtests: pytest.Subtests):
    for kind, body in HOSTILE_FORMS.items():
        with subtests.test(kind=kind):
            mock.reset()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = mock.session.post(
                mock.address("name-value-post"),
                data=body,
                headers=headers,
                auth=BASIC,
                timeout=30,
            )
            assert answer.status_code == 400
            assert answer.text.strip() == mock.last()["problem"]


def test_name_value_answers_400_to_another_kind_of_body(mock: Mock, subtests: pytest.Subtests):
    for content_type in ["application/json", "application/x-www-form-urlencoded; charset=klingon", "idna"]:
        with subtests.test(content_type=content_type):
            mock.reset()
            assert mock.form(headers={"Content-Type": content_type}).status_code == 400


def test_an_unknown_charset_is_a_fault(mock: Mock, subtests: pytest.Subtests):
    for charset in ["klingon", "base64", "idna", "punycode", "rot13", "utf-7", "x" * 5000]:
        with subtests.test(charset=charset):
            mock.reset()
            headers = {"Content-Type": f"text/xml; charset={charset}".encode("latin-1")}
            assert post_soap(mock, envelope(call_element(CALLOUT)), headers=headers).status_code == 500
            assert "charset" in mock.last()["problem"]
            assert xmlrpc_fault(
                post_xml_rpc(mock, xmlrpc.client.dumps((CALLOUT,), "x").encode(), headers=headers)
            )


def xmlrpc_fault(answer: requests.Response) -> str:
    with pytest.raises(xmlrpc.client.Fault) as told:
        xmlrpc.client.loads(answer.content)
    return told.value.faultString


@pytest.mark.parametrize(
    ("door", "size"),
    [("soap", LONGEST_BODY + 1), ("xml-rpc", 3 * LONGEST_BODY), ("name-value-post", LONGEST_BODY + 1)],
)
def test_a_body_over_one_mebibyte_is_refused(mock: Mock, door: str, size: int):
    answer = mock.session.post(mock.address(door), data=b"x" * size, auth=BASIC, timeout=30)
    assert answer.status_code == 413
    assert "larger than 1,048,576" in mock.last()["problem"]
    assert len(mock.last()["body"]) == LONGEST_BODY


def test_a_chunked_body_over_one_mebibyte_is_refused(mock: Mock):
    answer = mock.session.post(
        mock.address("soap"), data=(b"x" * 65_536 for _ in range(17)), auth=BASIC, timeout=30
    )
    assert answer.status_code == 413


def test_a_body_that_ends_early_is_no_500(mock: Mock):
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(b"POST /callouts/soap HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<a>")
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1000)
    assert answer.startswith(b"HTTP/1.1 401") or answer == b""
