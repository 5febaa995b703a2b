"""Calls as bytes, for what no honest library would send."""

import base64
from xml.sax.saxutils import escape

from flask.testing import FlaskClient
from lxml import etree
from werkzeug.test import TestResponse

from portal.models import Resource
from tests.api.conftest import ENVELOPE, NAMESPACE, PATH
from tests.conftest import PASSWORD


def basic(who: Resource | str, password: str = PASSWORD) -> dict[str, str]:
    user_name = who if isinstance(who, str) else who.user_name
    return {"Authorization": "Basic " + base64.b64encode(f"{user_name}:{password}".encode()).decode()}


def envelope(call: str, header: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><S:Envelope xmlns:S="{ENVELOPE}" xmlns:a="{NAMESPACE}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        f"{header}<S:Body>{call}</S:Body></S:Envelope>"
    ).encode()


def query(text: str) -> bytes:
    return envelope(f"<a:query><a:sXML>{escape(text)}</a:sXML></a:query>")


ANY = query(
    '<queryxml><entity>Ticket</entity><query><field>id<expression op="GreaterThan">0</expression></field>'
    "</query></queryxml>"
)


def post(client: FlaskClient, body: bytes, headers: dict[str, str] | None = None) -> TestResponse:
    return client.post(
        f"{PATH}.asmx", data=body, headers={"Content-Type": "text/xml; charset=utf-8"} | (headers or {})
    )


def read(answer: TestResponse) -> etree._Element:
    """The element in an answer's Body, read by lxml alone."""
    root = etree.fromstring(answer.data)
    assert root.tag == f"{{{ENVELOPE}}}Envelope"
    (body,) = root.iterfind(f"{{{ENVELOPE}}}Body")
    return body[0]


def fault(answer: TestResponse) -> tuple[str, str]:
    """The code and the sentence of a proper SOAP 1.1 fault."""
    assert answer.status_code == 500, answer.text
    assert answer.content_type == "text/xml; charset=utf-8"
    element = read(answer)
    assert element.tag == f"{{{ENVELOPE}}}Fault"
    prefix, _, code = (element.findtext("faultcode") or "").partition(":")
    assert element.nsmap[prefix] == ENVELOPE
    return code, element.findtext("faultstring") or ""


def return_code(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return read(answer).findtext(f".//{{{NAMESPACE}}}ReturnCode") or ""


def messages(answer: TestResponse) -> list[str]:
    return [
        each.text or ""
        for each in read(answer).iterfind(f".//{{{NAMESPACE}}}ATWSError/{{{NAMESPACE}}}Message")
    ]
