"""XML-RPC: one struct with the seven members, or seven strings in order. Every value is a string."""

from dataclasses import replace
from xml.sax.saxutils import escape

from portal.callouts.formats import _remarks
from portal.callouts.formats._xml import DECLARATION, find_by_path, find_envelope, read_answer, xml_text
from portal.callouts.formats.format import METHOD_NAME
from portal.core.callouts import POST, XML_RPC_CHOICES, XML_RPC_STRINGS, xml_rpc_method_problem
from portal.core.declared import Kind, Setting
from portal.core.verdicts import Answered, Reading
from portal.core.wire import Fields, Request, Target


class XmlRpc:
    name = "xml_rpc"
    label = "XML-RPC"
    transports: tuple[str, ...] = (POST,)
    settings: tuple[Setting, ...] = (
        replace(METHOD_NAME, wrong=xml_rpc_method_problem),
        Setting(
            "xml_rpc_parameters",
            "XML-RPC parameters",
            Kind.CHOICE,
            help="For XML-RPC: how the method takes the seven values.",
            choices=XML_RPC_CHOICES,
        ),
    )

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

    def read(self, answer: Answered, target: Target) -> Reading:  # noqa: ARG002 - the answer names no method
        document = read_answer(answer)
        if document.fault:
            return Reading(document.fault)
        envelope = find_envelope(document.root, "methodResponse")
        problem = None if envelope is None else ""
        if envelope is not None and find_by_path(envelope, ("params",)) is None:
            problem = "It holds no <params>."
        return Reading(None, _remarks.on_reading(answer, document, "methodResponse", problem))
