"""Writes callouts as the documented formats have them, by each pair of transport method and data format."""

import re
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

from mock_rmm.callout import FIELDS, Callout
from tests.mock_rmm.senders import ENVELOPES

PAIRS = ("name-value-get", "name-value-post", "soap", "soap-1.2", "xml-rpc", "xml-rpc-positional")
ENDPOINTS = {pair: pair.removesuffix("-1.2").removesuffix("-positional") for pair in PAIRS}
USUAL = Callout(
    id="8176",
    number="T20211120.0001",
    status="Complete",
    created_datetime="2021-11-20T10:43:34.9030000-05:00",
    last_activity_datetime="2022-03-25T11:23:58.6100000-04:00",
    domain="DEV3.COM",
    udf="MY_UDF_VALUE",
)
HARD = (
    replace(USUAL, status="In Progress", udf=""),
    replace(USUAL, udf="  two  spaces  "),
    replace(USUAL, udf="""<a b="c" d='e'>&amp; & ]]> <!-- x -->"""),
    replace(USUAL, udf="a=b&id=9&c+d %41%zz;e#f?g/h\\i"),
    replace(USUAL, udf="Größe — Привет, 日本語, עברית, e\u0301 😀 𝄞"),
    replace(USUAL, udf="one\ttwo\nthree\r\nfour"),
    replace(USUAL, udf="before\x0bafter"),
    replace(USUAL, udf="0123456789 é&<" * 100),
)
"""Values that are hard to carry."""
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Target:
    url: str
    method: str = ""
    action: str = ""
    override: str = ""
    """The namespace, where it isn't the SOAP Action without the Method Name."""

    @property
    def namespace(self) -> str:
        return self.override or (self.action.replace(self.method, "") if self.method else self.action)


@dataclass(frozen=True)
class Request:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def write(pair: str, values: Callout, target: Target) -> Request:
    if pair.startswith("name-value"):
        form = urlencode({name: getattr(values, name) for name in FIELDS}, safe=":")
        if pair.endswith("get"):
            return Request("GET", f"{target.url}{'&' if urlsplit(target.url).query else '?'}{form}")
        content_type = ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
        return Request("POST", target.url, (content_type,), form.encode())
    texts = {name: escape(NOT_XML.sub("\ufffd", getattr(values, name)), {"\r": "&#13;"}) for name in FIELDS}
    write_body = _soap if pair.startswith("soap") else _rpc
    headers, body = write_body(pair, texts, target)
    return Request("POST", target.url, headers, (DECLARATION + body).encode())


def _soap(pair: str, texts: dict[str, str], target: Target) -> tuple[tuple[tuple[str, str], ...], str]:
    version = "1.2" if pair.endswith("1.2") else "1.1"
    children = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
    xmlns = f" xmlns={quoteattr(target.namespace)}" if target.namespace else ""
    call = f"<{target.method}{xmlns}>{children}</{target.method}>"
    namespace, content_type = ENVELOPES[version]
    body = f'<soap:Envelope xmlns:soap="{namespace}"><soap:Body>{call}</soap:Body></soap:Envelope>'
    if version == "1.1":
        return (("Content-Type", content_type), ("SOAPAction", f'"{target.action}"')), body
    return (("Content-Type", f'{content_type}; action="{target.action}"'),), body


def _rpc(pair: str, texts: dict[str, str], target: Target) -> tuple[tuple[tuple[str, str], ...], str]:
    values = {name: f"<value><string>{text}</string></value>" for name, text in texts.items()}
    members = "".join(f"<member><name>{name}</name>{value}</member>" for name, value in values.items())
    params = f"<param><value><struct>{members}</struct></value></param>"
    if pair.endswith("positional"):
        params = "".join(f"<param>{value}</param>" for value in values.values())
    method = f"<methodName>{escape(target.method)}</methodName>"
    return (("Content-Type", "text/xml"),), f"<methodCall>{method}<params>{params}</params></methodCall>"
