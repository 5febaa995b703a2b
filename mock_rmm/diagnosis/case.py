"""All that is known of one request when it is diagnosed.

The request is parsed again, as it was written: the endpoints give the seven values, and ignore all the rest.
Nothing here refuses anything. What can't be read is left out, and `trouble` says why.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from lxml import etree

from mock_rmm.callout import FIELDS
from mock_rmm.credentials import Credentials
from mock_rmm.diagnosis.finding import Severity
from mock_rmm.endpoints.endpoint import Arrival, Endpoint
from mock_rmm.endpoints.name_value import known_charset, read_pairs
from mock_rmm.endpoints.receiver import (
    LENIENT,
    NAME_VALUE,
    POSITIONAL,
    SOAP,
    STRICT,
    STRUCT,
    XML_RPC,
    Contract,
    Receiver,
)
from mock_rmm.endpoints.registry import endpoint_of
from mock_rmm.endpoints.soap import ENVELOPES
from mock_rmm.endpoints.xml_guard import Hostile

if TYPE_CHECKING:
    from mock_rmm.journal import Entry


VERSION_OF = {namespace: version for version, namespace in ENVELOPES.items()}
MOST_VALUES = 200
FIRST_BYTES = 2000
BEFORE_CONTENT = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
XML, JSON, NOTHING, OTHER = "XML", "JSON", "nothing", "other"

_PAIR = re.compile(rb"\A[\w.%+\-\[\]]{1,80}=")


@dataclass(frozen=True)
class Value:
    """One value as it was written, by whatever name."""

    name: str
    text: str
    namespace: str = ""
    type: str = ""
    markup: str = ""  # what would be lost of it: the first element in the text, or text beside the elements


@dataclass(frozen=True)
class Seen:
    kind: str  # what the content is, whatever its Content-Type says
    values: tuple[Value, ...] = ()
    method: str = ""
    namespace: str = ""
    version: str = ""  # of SOAP
    style: str = ""  # of XML-RPC's parameters, where it is one of the two that are documented
    count: int = 0  # how many parameters an XML-RPC call has
    trouble: str = ""


def see(arrival: Arrival, charset: str, *, in_query: bool, is_form: bool) -> Seen:
    """Look at a body, or at a query where that is what should hold the values.

    `is_form` says that an endpoint has read it as one, whatever it looks like.
    """
    if in_query:
        return _form(arrival.query) if arrival.query else Seen(NOTHING)
    kind = NAME_VALUE if is_form else _kind(arrival.body)
    match kind:
        case "SOAP" | "XML-RPC" | "XML":
            return _document(arrival, kind)
        case "form":
            codec = known_charset(charset) or "utf-8"
            return _form(arrival.body.decode(codec, "replace"), codec)
        case _:
            return Seen(kind)


def _kind(body: bytes) -> str:
    """Judge by the first bytes. UTF-16 is looked at without its zeros."""
    head = body.lstrip(BEFORE_CONTENT)[:FIRST_BYTES].replace(b"\0", b"")
    if not head:
        return OTHER if body.strip() else NOTHING
    if head.startswith(b"<"):
        return SOAP if b"Envelope" in head else XML_RPC if b"methodCall" in head else XML
    if head.startswith((b"{", b"[")):
        return JSON
    return NAME_VALUE if _PAIR.match(head) else OTHER


def _form(text: str, charset: str = "utf-8") -> Seen:
    pairs = read_pairs(text, charset, errors="replace")
    if isinstance(pairs, str):
        return Seen(NAME_VALUE, trouble=pairs)
    return Seen(NAME_VALUE, tuple(Value(name, value) for name, value in pairs[:MOST_VALUES]))


def _document(arrival: Arrival, kind: str) -> Seen:
    document = arrival.document
    if isinstance(document, Hostile):
        return Seen(kind, trouble=document.problem)
    # As lenient as the endpoints: what the guard has passed is well-formed
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(document.body, parser)
    if root is None:
        return Seen(kind, trouble="The body can't be read as XML.")
    namespace, name = _split(root.tag)
    if name == "methodCall":
        return _xml_rpc(root)
    if name == "Envelope":
        return _soap(root, namespace)
    return Seen(XML, method=name, namespace=namespace)


def _soap(envelope: etree._Element, namespace: str) -> Seen:
    version = VERSION_OF.get(namespace, "")
    body = next((child for child in envelope if _split(child.tag)[1] == "Body"), None)
    if body is None or not len(body):
        return Seen(SOAP, version=version)
    call = body[0]
    own, method = _split(call.tag)
    values = tuple(
        Value(name, child.text or "", space, markup=_inside(child))
        for child in list(call)[:MOST_VALUES]
        for space, name in [_split(child.tag)]
    )
    return Seen(SOAP, values, method, own, version)


def _xml_rpc(call: etree._Element) -> Seen:
    method = (call.findtext("methodName") or "").strip()
    params = call.findall("params/param/value")
    struct = params[0].find("struct") if len(params) == 1 else None
    if struct is not None:
        members = struct.findall("member")[:MOST_VALUES]
        values = tuple(_typed(_text(each.find("name")), each.find("value")) for each in members)
        return Seen(XML_RPC, values, method, style=STRUCT, count=1)
    values = tuple(_typed("", each) for each in params[:MOST_VALUES])
    style = POSITIONAL if len(params) == len(FIELDS) else ""
    return Seen(XML_RPC, values, method, style=style, count=len(params))


def _typed(name: str, value: etree._Element | None) -> Value:
    if value is None:
        return Value(name, "")
    if not len(value):
        return Value(name, value.text or "", type="string")
    beside = "".join([value.text or "", *(child.tail or "" for child in value)]).strip()
    return Value(name, value[0].text or "", type=str(value[0].tag), markup=beside or _inside(value[0]))


def _inside(element: etree._Element) -> str:
    """The first element in a text, as it is written; an array or a struct is no text."""
    if not len(element) or element.tag in {"array", "struct"}:
        return ""
    return f"<{_split(element[0].tag)[1]}>"


def _text(element: etree._Element | None) -> str:
    """What follows the last tag that begins within, as XML-RPC's reader has it."""
    if element is None:
        return ""
    *_, last = element.iter()
    pieces = [last.text or ""]
    for around in (last, *last.iterancestors()):
        if around is element:
            break
        pieces.append(around.tail or "")
    return "".join(pieces)


def _split(tag: object) -> tuple[str, str]:
    """Namespace and local name; what isn't an element has neither."""
    if not isinstance(tag, str):
        return "", ""
    namespace, brace, name = tag.rpartition("}")
    return (namespace[1:], name) if brace else ("", tag)


@dataclass(frozen=True)
class Case:
    receiver: Receiver  # the one whose endpoint read it; where the HTTP method fits none, any of that address
    arrival: Arrival
    now: datetime
    methods: tuple[str, ...] = ("POST",)  # the HTTP methods that the address accepts
    whole: bool = True  # whether all of the body is here
    fields: Mapping[str, str] = field(default_factory=dict)  # those of the seven that were read
    problem: str = ""  # why it is refused, if it is
    credentials: Credentials | None = None  # those that are required, if any are
    earlier: tuple["Entry", ...] = ()  # the requests that had the same webhook-id, oldest first

    @property
    def endpoint(self) -> Endpoint:
        return endpoint_of(self.receiver)

    @cached_property
    def seen(self) -> Seen:
        return see(
            self.arrival,
            self.endpoint.charset(self.arrival),
            in_query=self.endpoint.kind.method == "GET",
            is_form=self.format == NAME_VALUE and bool(self.fields),
        )

    @property
    def contract(self) -> Contract | None:
        """What the receiver insists on; a lenient one on nothing."""
        return None if self.receiver.mode == LENIENT else self.receiver.contract

    @property
    def exact(self) -> bool:
        """Whether the contract refuses what isn't in it; name value pairs ignore that."""
        return self.receiver.mode == STRICT and self.format != NAME_VALUE

    @property
    def severity(self) -> Severity:
        """Of what a contract refuses, and another receiver may refuse."""
        return "problem" if self.exact else "warning"

    @property
    def came_as_wanted(self) -> bool:
        """Whether there is content of the right format to look into."""
        return self.arrival.method in self.methods and self.seen.kind == self.format and not self.seen.trouble

    @cached_property
    def came(self) -> dict[str, str]:
        """Those of the seven that were sent under their right names, or in their places."""
        values = self.seen.values
        if self.seen.style == POSITIONAL:
            return dict(zip(FIELDS, (value.text for value in values), strict=False))
        return {value.name: value.text for value in values if value.name in FIELDS}

    @property
    def format(self) -> str:
        """The Data Format of this address, in the terms of `Seen.kind`."""
        return self.endpoint.kind.content

    def header(self, wanted: str) -> str | None:
        """A header, without the spaces around it; None if it didn't come."""
        text = self.arrival.header(wanted)
        return None if text is None else text.strip()
