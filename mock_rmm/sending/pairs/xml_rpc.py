"""XML-RPC: one struct with the seven members, or seven strings in order."""

import re
from typing import Literal
from xml.sax.saxutils import escape

from mock_rmm.callout import Callout
from mock_rmm.sending.pairs._xml import DECLARATION, at, escaped_values, root_of, text_of, unread_fault
from mock_rmm.sending.request import Request, Target

_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")


class XmlRpc:
    needs_method = True
    needs_soap_action = False
    sent_by_portal = True

    def __init__(self, style: Literal["struct", "positional"]) -> None:
        one = style == "struct"
        self.name = "xml-rpc" if one else "xml-rpc-positional"
        self.label = f"POST, XML-RPC, {'one struct' if one else 'seven strings'}"
        self._params = _struct if one else _seven

    def method_problem(self, method: str) -> str:
        if _METHOD.fullmatch(method):
            return ""
        return f"{method!a} can't be the method: XML-RPC knows letters, digits, '_', '.', ':' and '/' in its name."

    def write(self, values: Callout, target: Target) -> Request:
        texts, replaced = escaped_values(values)
        typed = {name: f"<value><string>{text}</string></value>" for name, text in texts.items()}
        document = (
            f"{DECLARATION}<methodCall><methodName>{escape(target.method)}</methodName>"
            f"<params>{self._params(typed)}</params></methodCall>"
        )
        headers = (("Content-Type", "text/xml"),)
        return Request("POST", target.url, headers, document.encode(), replaced)

    def fault(self, body: bytes) -> str | None:
        fault = at(root_of(body, "methodResponse"), "fault")
        if fault is None:
            return unread_fault(body, "fault")
        struct = at(fault, "value", "struct")
        members = [] if struct is None else list(struct)
        told = {text_of(at(each, "name")): text_of(at(each, "value")) for each in members}
        reason, code = told.get("faultString") or "no reason given", told.get("faultCode")
        return f"{reason} (code {code})" if code else reason


def _struct(typed: dict[str, str]) -> str:
    members = "".join(f"<member><name>{name}</name>{value}</member>" for name, value in typed.items())
    return f"<param><value><struct>{members}</struct></value></param>"


def _seven(typed: dict[str, str]) -> str:
    return "".join(f"<param>{value}</param>" for value in typed.values())
