"""SOAP 1.1: the Method Name is the body's element, and the seven values are its children."""

from xml.sax.saxutils import quoteattr

from portal.core.callouts import POST, soap_method_problem, soap_namespace
from portal.core.wire import Fault, Fields, Request, Target, one_line
from portal.formats._xml import (
    DECLARATION,
    find_by_path,
    local_name,
    mentions,
    parse_answer,
    xml_text,
)

_ENVELOPE = (
    '<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
)


class Soap:
    name = "soap"
    label = "SOAP"
    transports: tuple[str, ...] = (POST,)
    needs_method_name = True
    needs_soap_action = True
    has_parameter_style = False

    def method_name_problem(self, name: str) -> str | None:
        return soap_method_problem(name)

    def encode(self, fields: Fields, target: Target) -> Request:
        written = [(name, *xml_text(value)) for name, value in fields.pairs()]
        children = "".join(f"<{name}>{text}</{name}>" for name, text, _ in written)
        method = target.method_name
        namespace = soap_namespace(method, target.soap_action, target.namespace_override)
        xmlns = f" xmlns={quoteattr(namespace)}" if namespace else ""
        body = f"{DECLARATION}{_ENVELOPE}<soap:Body><{method}{xmlns}>{children}</{method}></soap:Body></soap:Envelope>"
        headers = (
            ("Content-Type", "text/xml; charset=utf-8"),
            ("SOAPAction", f'"{target.soap_action}"'),
        )
        replaced = sum(count for _, _, count in written)
        return Request(POST, target.url, headers, body.encode(), replaced)

    def read(self, body: bytes) -> Fault | None:
        if not mentions(body, b"Fault"):
            return None
        root = parse_answer(body)
        if root is None or local_name(root) != "Envelope":
            return None
        fault = find_by_path(root, ("Body", "Fault"))
        if fault is None:
            return None
        # 1.1 says faultstring, 1.2 says Reason/Text
        text = find_by_path(fault, ("faultstring",))
        if text is None:
            text = find_by_path(fault, ("Reason", "Text"))
        return Fault(one_line("" if text is None else "".join(text.itertext())) or "no reason given")
