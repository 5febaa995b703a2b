"""SOAP 1.1 and 1.2 at one address, for any method name in any namespace.

The envelope's namespace says which version it is, whatever the Content-Type claims.
"""

from collections.abc import Collection
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree

from mock_rmm import spyne_compat  # noqa: F401 (must come before Spyne)
from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.endpoint import Arrival, Reading
from mock_rmm.endpoints.receiver import KINDS, VERSIONS, Contract
from mock_rmm.endpoints.spyne_application import (
    NAMESPACE,
    OPERATION,
    AnyMethod,
    SpyneApplication,
    SpyneEndpoint,
    TicketCallouts,
    service_of,
)
from mock_rmm.endpoints.xml_guard import Hostile, is_namespace

from spyne import Application, Fault  # isort: skip (after the fix)
from spyne.server.wsgi import WsgiApplication  # isort: skip
from spyne.protocol.soap import Soap11, Soap12  # isort: skip

WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSDL_SOAP = ("http://schemas.xmlsoap.org/wsdl/soap/", "http://schemas.xmlsoap.org/wsdl/soap12/")
ADDRESS = "urn:address-of-the-endpoint"
VERSION_MISMATCH = "VersionMismatch"
PROTOCOLS = {"1.1": Soap11, "1.2": Soap12}
ENVELOPES = {version: protocol.ns_soap_env for version, protocol in PROTOCOLS.items()}


class _AnyCall(AnyMethod):
    """Mixed into a SOAP protocol: takes the first element of the Body as the call, whatever its name."""

    ns_soap_env: str
    soap_env: str
    parser_kwargs: dict[str, Any]

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:  # noqa: ARG002 (Spyne's signature)
        try:
            ctx.in_document = etree.fromstring(b"".join(ctx.in_string), etree.XMLParser(**self.parser_kwargs))
        except etree.XMLSyntaxError as error:
            raise Fault("Client", f"The body is not well-formed XML: {error}") from error

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:  # noqa: ARG002 (Spyne's signature)
        envelope = ctx.in_document
        if envelope.tag != f"{{{self.ns_soap_env}}}Envelope":
            raise Fault("Client", "The root element is not an Envelope of SOAP 1.1 or 1.2.")
        body = envelope.find(f"{{{self.ns_soap_env}}}Body")
        if body is None:
            raise Fault("Client", "The Envelope has no Body.")
        if not len(body):
            wanted = "it must hold the method's element with the values in it"
            raise Fault("Client", f"The Body is empty: {wanted}.")
        ctx.in_body_doc = body[0]
        ctx.method_request_string = body[0].tag
        if any(element.get("href") for element in body.iter()):
            raise Fault("Client", "The Body uses href: put each value into its own element instead.")
        if body[0].tag == f"{{{self.ns_soap_env}}}Fault":
            raise Fault("Client", "The Body holds a Fault; a callout is a call.")

    def deserialize(self, ctx: Any, message: Any) -> None:  # noqa: ARG002 (Spyne's signature)
        for child in ctx.in_body_doc:
            # a parser that reads up to the first element would take AL<b/>ERT for AL
            if len(child) and _local(child.tag) in FIELDS:
                raise Fault("Client", f"{_local(child.tag)} has elements in it: it must be text.")
        given = {_local(child.tag): child.text or "" for child in ctx.in_body_doc}
        ctx.in_object = [given.get(name) for name in FIELDS]

    def serialize(self, ctx: Any, message: Any) -> None:
        super().serialize(ctx, message)  # type: ignore[misc] # the protocol this is mixed into
        if ctx.out_error is None:
            _rename(ctx.out_body_doc[0], ctx.method_request_string)
        # Spyne's own cleaning drops the envelope's prefix too, which a fault's code still speaks of
        etree.cleanup_namespaces(ctx.out_document, keep_ns_prefixes=[self.soap_env])


def _rename(response: etree._Element, call: str) -> None:
    """Answer under the name that was called, as a service that has that method would."""
    name = _local(call)
    namespace = call[1 : -len(name) - 1]
    if not is_namespace(namespace):
        return  # read, but not to be written: many parsers would refuse the answer
    prefix = f"{{{namespace}}}" if namespace else ""
    response.tag = f"{prefix}{name}Response"
    for child in response:
        child.tag = f"{prefix}{name}Result"


def _local(tag: str) -> str:
    """The name without its namespace; lxml's own way refuses a namespace that isn't a URI."""
    return tag.rpartition("}")[2]


class _Lenient11(_AnyCall, Soap11):  # type: ignore[misc] # Spyne has no types
    pass


class _Lenient12(_AnyCall, Soap12):  # type: ignore[misc] # Spyne has no types
    def gen_fault_codes(self, code: str) -> tuple[str, list[str]]:
        """Spyne knows Sender and Receiver only."""
        if code == VERSION_MISMATCH:
            return f"{self.soap_env}:{code}", []
        codes: tuple[str, list[str]] = super().gen_fault_codes(code)
        return codes


def _name(version: str) -> str:
    return "CalloutsSoap" + version.replace(".", "")


class Soap(SpyneEndpoint):
    kind = KINDS["soap"]

    def __init__(self) -> None:
        # The guard has seen that the document is well-formed; libxml2 would still refuse a namespace with an ü in it
        self._applications = {
            version: SpyneApplication(_name(version), soap(recover=True), soap(cleanup_namespaces=False))
            for version, soap in (("1.1", _Lenient11), ("1.2", _Lenient12))
        }
        self._wsdl = _describe(TicketCallouts, NAMESPACE, NAMESPACE + OPERATION, VERSIONS)

    def read(self, arrival: Arrival) -> Reading:
        root = "" if isinstance(arrival.document, Hostile) else arrival.document.root
        by_root = [version for version, envelope in ENVELOPES.items() if root.startswith(envelope + " ")]
        usual = "1.2" if arrival.content_type.lower() == "application/soap+xml" else "1.1"
        return self._applications[by_root[0] if by_root else usual].read(arrival)

    def wsdl(self, contract: Contract, address: str) -> bytes:
        """The one of a service that has the contract's method and no other, where it names one."""
        wsdl = _contract_wsdl(contract) if contract.method else self._wsdl
        return wsdl.replace(ADDRESS.encode(), escape(address, {'"': "&quot;"}).encode())


@lru_cache(maxsize=64)
def _contract_wsdl(contract: Contract) -> bytes:
    """Made when it is first asked for: it takes longer than all the rest of a receiver."""
    service = service_of(contract.method, contract.required)
    return _describe(service, contract.namespace, contract.soap_action, contract.versions)


def _describe(service: Any, namespace: str, soap_action: str, versions: Collection[str]) -> bytes:
    """One WSDL for ADDRESS with a port for each version of SOAP. Spyne describes one version per document."""
    documents = []
    for version in versions:
        protocol = PROTOCOLS[version]
        protocols = {"in_protocol": protocol(), "out_protocol": protocol()}
        application = Application([service], namespace, name=_name(version), **protocols)
        WsgiApplication(application)  # says that the transport is HTTP
        wsdl = application.interface.docs.wsdl11
        wsdl.build_interface_document(ADDRESS)
        documents.append(etree.fromstring(wsdl.get_interface_document()))
    document, *others = documents
    for other in others:
        # Its binding and port, of the same type
        binding, service_here = other.find(f"{{{WSDL}}}binding"), document.find(f"{{{WSDL}}}service")
        own_binding = document.find(f"{{{WSDL}}}binding")
        port = other.find(f"{{{WSDL}}}service/{{{WSDL}}}port")
        if binding is None or port is None or own_binding is None or service_here is None:
            raise LookupError("Spyne's WSDL has no binding, port or service.")
        binding.set("type", own_binding.get("type", ""))
        own_binding.addnext(binding)
        service_here.append(port)
    for wsdl_soap in WSDL_SOAP:
        for operation in document.iter(f"{{{wsdl_soap}}}operation"):
            operation.set("soapAction", soap_action)
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")
