"""XML-RPC: one struct with the seven members, or seven strings in order. Every value is a string."""

from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from portal.core.callouts import POST, XML_RPC_STRINGS, xml_rpc_method_problem
from portal.core.wire import Fault, Fields, Request, Target, one_line
from portal.formats._xml import (
    DECLARATION,
    find_by_path,
    local_name,
    mentions,
    parse_answer,
    xml_text,
)


class XmlRpc:
    name = "xml_rpc"
    label = "XML-RPC"
    transports: tuple[str, ...] = (POST,)
    needs_method_name = True
    needs_soap_action = False
    has_parameter_style = True

    def method_name_problem(self, name: str) -> str | None:
        return xml_rpc_method_problem(name)

    def encode(self, fields: Fields, target: Target) -> Request:
        written = [(name, *xml_text(value)) for name, value in fields.pairs()]
        values = [(name, f"<value><string>{text}</string></value>") for name, text, _ in written]
        if target.xml_rpc_parameters == XML_RPC_STRINGS:
            params = "".join(f"<param>{value}</param>" for _, value in values)
        else:
            members = "".join(f"<member><name>{name}</name>{value}</member>" for name, value in values)
            params = f"<param><value><struct>{members}</struct></value></param>"
        method = escape(target.method_name)
        body = f"{DECLARATION}<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"
        replaced = sum(count for _, _, count in written)
        return Request(POST, target.url, (("Content-Type", "text/xml"),), body.encode(), replaced)

    def read(self, body: bytes) -> Fault | None:
        if not mentions(body, b"fault"):
            return None
        root = parse_answer(body)
        if root is None or local_name(root) != "methodResponse":
            return None
        struct = find_by_path(root, ("fault", "value", "struct"))
        if find_by_path(root, ("fault",)) is None:
            return None
        members = {} if struct is None else dict(map(_member, struct))
        code, text = (one_line(members.get(name, "")) for name in ("faultCode", "faultString"))
        said = text or "no reason given"
        return Fault(f"{said} (code {code})" if code else said)


def _member(member: Element) -> tuple[str, str]:
    name, value = find_by_path(member, ("name",)), find_by_path(member, ("value",))
    return (
        "" if name is None else (name.text or "").strip(),
        "" if value is None else "".join(value.itertext()),
    )
