"""Whatever is sent, the answer is a proper SOAP fault or a line of text, and it comes quickly."""

import logging

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.api.soap.views import PATH
from portal.models import Resource, Ticket
from tests.api.conftest import ENVELOPE, NAMESPACE
from tests.api.raw import ANY, basic, envelope, fault, messages, post, query, return_code

DOCTYPE = '<!DOCTYPE x [<!ENTITY e "boom">]>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
MEGABYTE = 1024 * 1024


def without_declaration(body: bytes) -> str:
    return body.decode().partition("?>")[2]


def call(inner: str) -> bytes:
    return envelope(f"<a:query><a:sXML>{inner}</a:sXML></a:query>")


def soap(inner: str) -> bytes:
    return f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{NAMESPACE}">{inner}</s:Envelope>'.encode()


UNREADABLE = {
    "an empty request": b"",
    "only spaces": b" " * MEGABYTE,
    "spaces before an element": b" " * MEGABYTE + b"<a/>",
    "no XML": b"id=1&status=New",
    "another root": b"<a/>",
    "no Body": soap(""),
    "an empty Body": soap("<s:Body/>"),
    "a Body of text": soap("<s:Body>hello</s:Body>"),
    "a Header only": soap("<s:Header><a/></s:Header>"),
    "two Bodies": soap("<s:Body><a:query/></s:Body><s:Body><a:query/></s:Body>"),
    "two calls": soap("<s:Body><a:query/><a:query/></s:Body>"),
    "a Fault": soap("<s:Body><s:Fault><faultstring>x</faultstring></s:Fault></s:Body>"),
    "an unknown operation": soap("<s:Body><a:destroy/></s:Body>"),
    "an operation of another namespace": soap('<s:Body><x:query xmlns:x="urn:x"/></s:Body>'),
    "an envelope of another namespace": b'<Envelope xmlns="urn:x"><Body/></Envelope>',
    "cut short": ANY[:-20],
    "two roots": b"<a/><b/>",
    "null bytes": b"\x00" * 1000,
    "bytes that don't decode": ANY.replace(b"Ticket", b"\xff\xfe"),
    "an unknown declared charset": ANY.replace(b"utf-8", b"klingon"),
    "a charset that isn't text": ANY.replace(b"utf-8", b"base64"),
    "a DOCTYPE": (DOCTYPE + without_declaration(call("&e;"))).encode(),
    "an external DOCTYPE": ('<!DOCTYPE x SYSTEM "file:///etc/passwd">' + without_declaration(ANY)).encode(),
    "many laughs": (LAUGHS + without_declaration(call("&c;"))).encode(),
    "an undefined entity": call("&nothing;"),
    "cyclic hrefs": envelope('<a:query><a id="1" href="#2"/><b id="2" href="#1"/></a:query>'),
    "an href to nowhere": envelope('<a:query><a:sXML href="#nowhere"/></a:query>'),
    "100,000 attributes": envelope("<a:query " + " ".join(f'a{n}="x"' for n in range(100_000)) + "/>"),
    "100,000 namespaces": envelope("<a:query " + " ".join(f'xmlns:p{n}="u{n}"' for n in range(100_000)) + "/>"),
    "deep nesting": envelope("<a>" * 100_000 + "</a>" * 100_000),
    "a tower that never ends": b"<a>" * MEGABYTE,
    "a great many elements": envelope("<a:query>" + "<b/>" * 500_000 + "</a:query>"),
    "a long name": b"<" + b"x" * MEGABYTE + b"/>",
    "an unknown prefix": envelope("<nope:query/>"),
    "a character that XML has no place for": call("&#7;"),
    "a header that isn't a number": envelope(
        "<a:query/>",
        "<S:Header><a:AutotaskIntegrations><a:ImpersonateAsResourceID>me</a:ImpersonateAsResourceID>"
        "</a:AutotaskIntegrations></S:Header>",
    ),
    "a header with a long number": envelope(
        "<a:query/>",
        "<S:Header><a:AutotaskIntegrations><a:ImpersonateAsResourceID>"
        + "9" * 100_000
        + "</a:ImpersonateAsResourceID></a:AutotaskIntegrations></S:Header>",
    ),
}  # fmt: skip


def test_the_answer_is_a_fault_that_blames_the_client(
    subtests, client: FlaskClient, api_user: Resource, caplog: pytest.LogCaptureFixture
):
    headers = basic(api_user) | {"Content-Type": "text/xml"}
    for kind, body in UNREADABLE.items():
        with subtests.test(kind=kind):
            code, sentence = fault(post(client, body, headers))
            assert code.partition(".")[0] == "Client"
            assert sentence
            assert not [record for record in caplog.records if record.levelno > logging.INFO]


@pytest.mark.timeout(60)
def test_no_document_holds_the_server_up(client: FlaskClient, api_user: Resource):
    """A single one of them can cost an unguarded parser over a minute; all of them take ours some seconds."""
    headers = basic(api_user) | {"Content-Type": "text/xml"}
    for body in UNREADABLE.values():
        fault(post(client, body, headers))


def test_soap_1_2_is_told_its_version(client: FlaskClient, api_user: Resource):
    code, sentence = fault(post(client, ANY.replace(ENVELOPE.encode(), SOAP12.encode()), basic(api_user)))
    assert code == "VersionMismatch"
    assert "SOAP 1.1" in sentence


def test_an_unknown_charset_is_named(subtests, client: FlaskClient, api_user: Resource):
    for charset in ["klingon", "base64", "idna", "punycode", "rot13", "utf-7", "x" * 5000]:
        with subtests.test(charset=charset):
            headers = basic(api_user) | {"Content-Type": f"text/xml; charset={charset}"}
            code, sentence = fault(post(client, ANY, headers))
            assert code == "Client"
            assert charset[:40] in sentence


def test_a_body_over_four_megabytes_is_refused(client: FlaskClient, api_user: Resource):
    answer = post(client, b"x" * (4 * MEGABYTE + 1), basic(api_user))
    assert answer.status_code == 413
    assert answer.content_type.startswith("text/plain")
    assert "4 MB" in answer.text


def test_other_methods_are_not_served(subtests, client: FlaskClient):
    for method in ["PUT", "DELETE", "PATCH"]:
        for path in [f"{PATH}.asmx", f"{PATH}.wsdl"]:
            with subtests.test(method=method, path=path):
                assert client.open(path, method=method).status_code == 405


HOSTILE_QUERIES = {
    "a DOCTYPE": DOCTYPE + "<queryxml><entity>&e;</entity></queryxml>",
    "many laughs": LAUGHS + "<queryxml><entity>&c;</entity></queryxml>",
    "deep nesting": "<queryxml>" * 50_000,
    "100,000 attributes": "<queryxml " + " ".join(f'a{n}="x"' for n in range(100_000)) + "/>",
    "an undefined entity": "<queryxml><entity>&nothing;</entity></queryxml>",
}


def test_a_hostile_queryxml_is_refused_in_words(subtests, client: FlaskClient, api_user: Resource):
    for kind, text in HOSTILE_QUERIES.items():
        with subtests.test(kind=kind):
            answer = post(client, query(text), basic(api_user))
            assert return_code(answer) == "-1"
            assert messages(answer)[0].startswith("The queryxml can't be read. ")


def test_an_entity_that_makes_no_sense_is_refused_with_its_number(subtests, client, api_user, look):
    for inner in [
        "<a:Title><a:b/></a:Title>",
        "<a:UserDefinedFields><a:UserDefinedField><a:Name/></a:UserDefinedField></a:UserDefinedFields>",
        "<a:UserDefinedFields>text<b><c/></b></a:UserDefinedFields>",
        "<a:__class__>x</a:__class__>",
        "text",
        "<a:id>1</a:id>" * 100,
    ]:
        with subtests.test(inner=inner):
            body = envelope(
                f'<a:create><a:Entities><a:Entity xsi:type="a:Ticket">{inner}</a:Entity></a:Entities></a:create>'
            )
            answer = post(client, body, basic(api_user))
            assert return_code(answer) == "-1"
            assert all("record number [1]" in message for message in messages(answer))
            assert look(select(Ticket)) == []


def test_a_great_many_entities_are_refused_by_their_number(client: FlaskClient, api_user: Resource):
    body = envelope(
        "<a:create><a:Entities>" + '<a:Entity xsi:type="a:Ticket"/>' * 90_000 + "</a:Entities></a:create>"
    )
    assert messages(post(client, body, basic(api_user))) == [
        "There are 90,000 entities; send at most 200 at once."
    ]


def test_a_mistake_of_ours_is_a_fault_without_its_inside(
    client: FlaskClient, api_user: Resource, monkeypatch: pytest.MonkeyPatch, capsys
):
    from portal.api.soap.operations import query as operation

    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(operation, "find_ids", broken)
    answer = post(client, ANY, basic(api_user))
    code, sentence = fault(answer)
    assert code == "Server"
    assert "Something went wrong in the portal" in sentence
    assert "secret" not in answer.text
    assert "the secret inside" in capsys.readouterr().out
