"""Sends a callout by each door, as the documented formats have it; through real clients where there are some."""

import xmlrpc.client
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import requests

from tests.mock_rmm.running import BASIC, Mock

ENVELOPES = {
    "1.1": ("http://schemas.xmlsoap.org/soap/envelope/", "text/xml; charset=utf-8"),
    "1.2": ("http://www.w3.org/2003/05/soap-envelope", "application/soap+xml; charset=utf-8"),
}


def envelope(inner: str, version: str = "1.1") -> bytes:
    namespace = ENVELOPES[version][0]
    return f'<s:Envelope xmlns:s="{namespace}"><s:Body>{inner}</s:Body></s:Envelope>'.encode()


def call_element(
    values: dict[str, str], method: str = "MyWebMethod", namespace: str = "http://tempuri.org/"
) -> str:
    children = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
    return f'<{method} xmlns="{namespace}">{children}</{method}>'


def post_soap(mock: Mock, body: bytes, version: str = "1.1", **keywords) -> requests.Response:
    headers = {"Content-Type": ENVELOPES[version][1], "SOAPAction": '"http://tempuri.org/MyWebMethod"'}
    keywords = {"auth": BASIC, "timeout": 30, "headers": headers, **keywords}
    return mock.session.post(mock.address("soap"), data=body, **keywords)


def post_xml_rpc(mock: Mock, body: bytes, **keywords) -> requests.Response:
    keywords = {"auth": BASIC, "timeout": 30, "headers": {"Content-Type": "text/xml"}, **keywords}
    return mock.session.post(mock.address("xml-rpc"), data=body, **keywords)


def rpc_client(mock: Mock) -> xmlrpc.client.ServerProxy:
    where = urlsplit(mock.address("xml-rpc"))
    return xmlrpc.client.ServerProxy(f"http://{BASIC[0]}:{BASIC[1]}@{where.netloc}{where.path}")


def by_get(mock: Mock, values: dict[str, str]) -> requests.Response:
    return mock.session.get(mock.address("name-value-get"), params=values, auth=BASIC, timeout=30)


def by_form(mock: Mock, values: dict[str, str]) -> requests.Response:
    return mock.form(values)


def by_soap(mock: Mock, values: dict[str, str]) -> requests.Response:
    return post_soap(mock, envelope(call_element(values)))


def by_xml_rpc(mock: Mock, values: dict[str, str]) -> requests.Response:
    return post_xml_rpc(mock, xmlrpc.client.dumps((values,), "AnyMethod").encode())


SENDERS: dict[str, Callable[[Mock, dict[str, str]], requests.Response]] = {
    "name-value-get": by_get,
    "name-value-post": by_form,
    "soap": by_soap,
    "xml-rpc": by_xml_rpc,
}

DROPPED = (requests.ConnectionError, ConnectionResetError, HTTPException)
