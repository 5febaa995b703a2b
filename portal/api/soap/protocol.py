"""Spyne's SOAP 1.1, as clients of the web services API speak it.

Spyne would follow references in circles, drop what it does not expect without a word, and take an untyped
value for a document. Here such things are faults, records are read with all that was sent, and every
untyped value is written with the type that it has.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from portal.api.batch import MOST_RECORDS
from portal.api.entities.kinds import shortened
from portal.api.entities.record import Record
from portal.api.soap import spyne_compat  # noqa: F401 - must come before Spyne
from portal.api.soap.types import NAMESPACE, TYPES, ArrayOfEntity
from portal.api.xml_text import NotReadable, printable, text_of, without_text
from portal.core.eastern import in_eastern

from spyne import AnyXml, Fault, Unicode  # isort: skip
from spyne.protocol.soap import Soap11  # isort: skip

_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_SOAP12 = "{http://www.w3.org/2003/05/soap-envelope}"
_MOST_INT = 2**31 - 1


class Requests(Soap11):  # type: ignore[misc] # Spyne has no types
    """Reads documents that ``xml_guard`` has looked at."""

    def __init__(self) -> None:
        # no xsi:type but an entity's is minded: clients write them on values as they like
        super().__init__(parse_xsi_type=False)
        self.deserialization_handlers[ArrayOfEntity] = _records

    def from_element(self, ctx: Any, cls: Any, element: etree._Element) -> Any:
        """Read a text whole; Spyne would leave out the rest where an element stands in it."""
        if not issubclass(cls, Unicode):
            return super().from_element(ctx, cls, element)
        try:
            return _text(element)
        except NotReadable as problem:
            raise Fault("Client", printable(str(problem))) from problem

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        del charset
        try:
            ctx.in_document = etree.fromstring(b"".join(ctx.in_string), etree.XMLParser(**self.parser_kwargs))
        except etree.XMLSyntaxError as error:
            raise Fault("Client", printable(f"The request can't be read: {error}.")) from error

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:
        del message
        envelope = ctx.in_document
        if envelope.tag == f"{_SOAP12}Envelope":
            raise Fault("VersionMismatch", "This is SOAP 1.2; the web services speak SOAP 1.1.")
        if envelope.tag != self._tag("Envelope"):
            raise Fault("Client", "The request is no SOAP 1.1 envelope.")
        bodies = envelope.findall(self._tag("Body"))
        if len(bodies) != 1 or len(bodies[0]) != 1:
            raise Fault("Client", "The envelope must have one Body, and in it one element: the call.")
        call = bodies[0][0]
        if any("href" in element.attrib for element in call.iter()):
            raise Fault("Client", "The call refers to other elements (href). Write each value in its place.")
        header = envelope.find(self._tag("Header"))
        ctx.in_header_doc = None if header is None else list(header)
        ctx.in_body_doc = call
        ctx.method_request_string = call.tag

    def _tag(self, name: str) -> str:
        return f"{{{self.ns_soap_env}}}{name}"


class Answers(Soap11):  # type: ignore[misc] # Spyne has no types
    def __init__(self) -> None:
        # prefixes that only stand in xsi:type look unused, and would be cleaned away
        super().__init__(polymorphic=True, cleanup_namespaces=False)
        self.serialization_handlers[AnyXml] = _write_untyped


def _records(_ctx: Any, _cls: Any, entities: etree._Element) -> list[Record]:
    if len(entities) > MOST_RECORDS:
        # refused by their number, so nobody need read them
        return [Record("")] * len(entities)
    return [_record(element) for element in entities]


def _record(element: etree._Element) -> Record:
    name = _entity_name(element)
    if name not in TYPES:
        said = f"“{shortened(name)}” is no entity of this API" if name else "The entity has no xsi:type"
        return Record(name, problem=f"{said}; it knows {', '.join(TYPES)}.")
    try:
        values: dict[str, str | None] = {}
        udfs: dict[str, str | None] = {}
        for field, child in _parts(element):
            match field:
                case "UserDefinedFields":
                    udfs = dict(_udfs(child))
                case "Fields":
                    pass  # where GetFieldInfo's answer has its place; clients leave it empty
                case _:
                    values[field] = _text(child)
    except NotReadable as problem:
        return Record(name, problem=str(problem))
    return Record(name, values, udfs)


def _entity_name(element: etree._Element) -> str:
    """Give the local name of an entity's type, whatever its prefix, if it is one of our namespace."""
    prefix, _, name = element.get(f"{_XSI}type", "").strip().rpartition(":")
    return name if element.nsmap.get(prefix or None) == NAMESPACE else ""


def _udfs(parent: etree._Element) -> Iterator[tuple[str, str | None]]:
    for child in without_text(parent):
        parts = {field: _text(part) for field, part in _parts(child)}
        if parts.keys() - {"Name", "Value"}:
            raise NotReadable("A UserDefinedField holds a Name and a Value, and nothing else.")
        if parts.get("Name"):
            yield (parts["Name"] or "", parts.get("Value"))
        elif parts.get("Value"):
            raise NotReadable(
                f"The user-defined field with the value “{shortened(parts['Value'] or '')}” has no Name."
            )


def _parts(parent: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Give the elements in one by their names. Raises NotReadable where one would be lost."""
    seen = set()
    for child in without_text(parent):
        name = etree.QName(child).localname
        if name in seen:
            raise NotReadable(f"{shortened(name)} is there twice; send it once.")
        seen.add(name)
        yield name, child


def _text(element: etree._Element) -> str | None:
    text = text_of(element)
    if element.get(f"{_XSI}nil", "").strip() not in {"true", "1"}:
        return text
    if text.strip():
        raise NotReadable(
            f"{shortened(etree.QName(element).localname)} says that it is nil, and holds a text."
        )
    return None


def _write_untyped(
    _ctx: Any, _cls: Any, value: Any, parent: etree._Element, namespace: str, name: str, **_: Any
) -> None:
    element = etree.SubElement(parent, f"{{{namespace}}}{name}")
    match value:
        case bool():
            kind, element.text = "boolean", str(value).lower()
        case int():
            kind, element.text = "int" if abs(value) <= _MOST_INT else "long", str(value)
        case Decimal():
            kind, element.text = "decimal", f"{value:f}"
        case datetime():
            kind, element.text = "dateTime", in_eastern(value).isoformat(timespec="milliseconds")
        case _:
            kind, element.text = "string", printable(str(value))
    element.set(f"{_XSI}type", f"xs:{kind}")
