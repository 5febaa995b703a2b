"""SOAP: the Method Name is the body's element, and the seven values are its children. Callouts send version 1.1."""

from dataclasses import replace
from xml.sax.saxutils import quoteattr

from portal.callouts.formats import _remarks
from portal.callouts.formats._xml import (
    DECLARATION,
    find_by_path,
    find_envelope,
    local_name,
    read_answer,
    xml_text,
)
from portal.callouts.formats.format import METHOD_NAME
from portal.core.callouts import (
    POST,
    namespace_problem,
    soap_action_problem,
    soap_method_problem,
    soap_namespace,
)
from portal.core.declared import Setting
from portal.core.verdicts import Answered, Reading
from portal.core.wire import Fields, Request, Target, one_line

_ENVELOPE = (
    '<soap:Envelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:soap="{}">'
)


class Soap:
    name = "soap"
    label = "SOAP"
    transports: tuple[str, ...] = (POST,)
    settings: tuple[Setting, ...] = (
        replace(METHOD_NAME, wrong=soap_method_problem),
        Setting(
            "soap_action",
            "SOAP Action",
            help="Required for SOAP, without quotes. Usually the namespace followed by the method name.",
            required=True,
            most=500,
            wrong=soap_action_problem,
            placeholder="http://tempuri.org/MyWebMethod",
            spellcheck=False,
            mono=True,
            wide=True,
        ),
        Setting(
            "namespace_override",
            "Namespace override",
            help="For SOAP services whose action is not namespace + method name. Usually empty.",
            most=500,
            wrong=namespace_problem,
            spellcheck=False,
            mono=True,
            wide=True,
        ),
    )
    envelope = _ENVELOPE.format("http://schemas.xmlsoap.org/soap/envelope/")

    def encode(self, fields: Fields, target: Target) -> Request:
        written = [(name, *xml_text(value)) for name, value in fields.pairs()]
        children = "".join(f"<{name}>{text}</{name}>" for name, text, _ in written)
        method = target.method_name
        namespace = soap_namespace(method, target.soap_action, target.namespace_override)
        xmlns = f" xmlns={quoteattr(namespace)}" if namespace else ""
        call = f"<{method}{xmlns}>{children}</{method}>"
        body = f"{DECLARATION}{self.envelope}<soap:Body>{call}</soap:Body></soap:Envelope>"
        replaced = sum(count for _, _, count in written)
        return Request(POST, target.url, self.headers(target), body.encode(), replaced)

    def headers(self, target: Target) -> tuple[tuple[str, str], ...]:
        return ("Content-Type", "text/xml; charset=utf-8"), ("SOAPAction", f'"{target.soap_action}"')

    def read(self, answer: Answered, target: Target) -> Reading:
        document = read_answer(answer)
        if document.fault:
            return Reading(document.fault)
        envelope = find_envelope(document.root, "Envelope")
        body = find_by_path(envelope, ("Body",))
        given = None if body is None else next(iter(body), None)
        wanted = f"{target.method_name}Response"
        problem = None if envelope is None else ""
        if problem is not None and given is None:
            problem = f"Its Body holds no <{wanted}>."
        elif given is not None and local_name(given).lower() != wanted.lower():
            problem = f"Its Body holds <{one_line(local_name(given), 100)}> instead of <{wanted}>."
        remarks = _remarks.on_reading(answer, document, "Envelope", problem)
        if given is not None:
            found = given.tag.rpartition("}")[0].removeprefix("{")
            sent = soap_namespace(target.method_name, target.soap_action, target.namespace_override)
            remarks = _remarks.on_namespace(found, sent) + remarks
        return Reading(None, remarks)


class Soap12(Soap):
    """The action stands in the Content-Type (RFC 3902), and the envelope has another namespace."""

    name = "soap_1_2"
    label = "SOAP 1.2"
    envelope = _ENVELOPE.format("http://www.w3.org/2003/05/soap-envelope")

    def headers(self, target: Target) -> tuple[tuple[str, str], ...]:
        return (("Content-Type", f'application/soap+xml; charset=utf-8; action="{target.soap_action}"'),)
