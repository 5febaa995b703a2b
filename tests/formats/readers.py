"""Receivers' own parsers, which read a request back: nothing here is the portal's code."""

import xmlrpc.client
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mock_rmm.spyne_compat  # noqa: F401 - before anything of Spyne

# isort: split
import zeep.xsd
from lxml import etree
from spyne import Application, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from portal.core.wire import FIELD_NAMES, Request
from tests.formats.samples import METHOD, NAMESPACE

SOAP_BODY = "{http://schemas.xmlsoap.org/soap/envelope/}Body"


def by_urllib(request: Request) -> dict[str, str]:
    form = urlsplit(request.url).query if request.method == "GET" else request.body.decode("ascii")
    values = parse_qs(form, keep_blank_values=True, strict_parsing=True, errors="strict")
    assert all(len(each) == 1 for each in values.values())
    return {name: each[0] for name, each in values.items()}


def by_lxml(request: Request) -> dict[str, str]:
    call = _call(request)
    assert call.tag == f"{{{NAMESPACE}}}{METHOD}"
    assert all(child.tag.startswith(f"{{{NAMESPACE}}}") and not len(child) for child in call)
    return {etree.QName(child).localname: child.text or "" for child in call}


def by_zeep(request: Request) -> dict[str, str]:
    """zeep's reader of an element that is a sequence of seven strings, in their order."""
    members = [zeep.xsd.Element(f"{{{NAMESPACE}}}{name}", zeep.xsd.String()) for name in FIELD_NAMES]
    element = zeep.xsd.Element(f"{{{NAMESPACE}}}{METHOD}", zeep.xsd.ComplexType(zeep.xsd.Sequence(members)))
    read = element.parse(_call(request), zeep.xsd.Schema())
    return {name: getattr(read, name) or "" for name in FIELD_NAMES}


def by_spyne(request: Request) -> dict[str, str]:
    """A whole Spyne service with a SOAP 1.1 door, called as a web server calls it."""
    _read_by_spyne.clear()
    headers = dict(request.headers)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": "/callouts",
        "SERVER_NAME": "rmm.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(request.body),
        "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": headers["Content-Type"],
        "HTTP_SOAPACTION": headers["SOAPAction"],
    }
    said: list[str] = []
    answer = b"".join(_service(environ, lambda status, _headers, *_: said.append(status)))
    assert said == ["200 OK"], answer
    return dict(zip(FIELD_NAMES, (each or "" for each in _read_by_spyne), strict=True))


def by_xml_rpc_client(request: Request) -> dict[str, str]:
    params, method = xmlrpc.client.loads(request.body)
    assert method == METHOD
    if len(params) == 1:
        return dict(params[0])
    return dict(zip(FIELD_NAMES, params, strict=True))


def _call(request: Request) -> etree._Element:
    # huge_tree: a receiver that takes long texts
    body = etree.fromstring(request.body, etree.XMLParser(huge_tree=True)).find(SOAP_BODY)
    assert body is not None
    assert len(body) == 1
    return body[0]


_read_by_spyne: list[str | None] = []


class _Service(ServiceBase):
    @rpc(*[Unicode] * 7, _args=FIELD_NAMES, _returns=Unicode)
    def MyWebMethod(_ctx, *values):  # noqa: N802, N805 - as the method is called on the wire
        _read_by_spyne.extend(values)
        return "ok"


_service = WsgiApplication(Application([_Service], NAMESPACE, in_protocol=Soap11(), out_protocol=Soap11()))

READERS = {
    "name value by GET": (by_urllib,),
    "name value by POST": (by_urllib,),
    "SOAP": (by_lxml, by_zeep, by_spyne),
    "XML-RPC with a struct": (by_xml_rpc_client,),
    "XML-RPC with seven strings": (by_xml_rpc_client,),
}
CASES = [(way, reader) for way, readers in READERS.items() for reader in readers]
