"""XML-RPC, as a Spyne protocol: Spyne has none of its own.

The parameters are one struct with the seven members, or seven strings in order. Without a contract, any method
name will do.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar
from xmlrpc.client import Fault as RpcFault
from xmlrpc.client import Unmarshaller, dumps

from defusedxml.xmlrpc import DefusedExpatParser

from mock_rmm import spyne_compat  # noqa: F401 (must come before Spyne)
from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.endpoint import Arrival, Reading, missing, wrong_type
from mock_rmm.endpoints.receiver import KINDS, STRUCT, Contract
from mock_rmm.endpoints.spyne_application import AnyMethod, SpyneApplication, SpyneEndpoint

from spyne import Fault  # isort: skip (after the fix)
from spyne.protocol import ProtocolBase  # isort: skip

LONGEST_INTEGER = 20
_STRUCTURE = {
    "methodCall", "methodName", "params", "param", "value", "struct", "member", "name", "array", "data",
}  # fmt: skip
MEDIA_TYPES = ("text/xml", "application/xml")
EXTENSIONS = {"i1", "i2", "biginteger", "bigdecimal"}
METHOD_UNKNOWN = "Client.Method"
WRONG_PARAMETERS = "Client.Parameters"
CODES = {"Client": -32600, METHOD_UNKNOWN: -32601, WRONG_PARAMETERS: -32602, "Server": -32500}
"""As in the usual list of fault codes: an invalid request, an unknown method, wrong parameters, an error within."""


class _Values(Unmarshaller):
    """Takes no number that would be slow to read, none that isn't plain XML-RPC, and no text with elements in it.

    Its base forgets what stands before or behind an element: it would take AL<b/>ERT for ERT.
    """

    _within = ""

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        if self._within:
            where = self._named(self._within)
            raise Fault("Client", f"{where} has the element {tag[:40]} in it: it must be text.")
        self._no_stray()
        self._within = "" if tag in _STRUCTURE else tag
        super().start(tag, attrs)

    def end(self, tag: str) -> None:
        if self._within or self._value or tag in {"name", "methodName"}:
            self._within = ""
        else:
            self._no_stray()
        super().end(tag)
        self._data = []

    def _no_stray(self) -> None:
        stray = "".join(self._data).strip()
        if stray:
            where = self._named("a value")
            raise Fault("Client", f"{where} has the text {stray[:40]!r} beside its elements.")

    def _named(self, otherwise: str) -> str:
        """The member that is being read, if it is one of the seven."""
        name = self._stack[-1] if self._stack else None
        return name if isinstance(name, str) and name in FIELDS else otherwise

    def end_whole(self, data: str) -> None:
        if len(data) > LONGEST_INTEGER:
            raise Fault("Client", f"A number has {len(data):,} digits; {LONGEST_INTEGER} are the most.")
        self.end_int(data)

    def end_as_it_came(self, data: str) -> None:
        """Times and Base64 stay the text that was sent: a receiver of strings would make nothing else of them."""
        self.end_string(data.strip())

    dispatch: Any = {  # noqa: RUF012 (the base class looks it up here)
        **{name: end for name, end in Unmarshaller.dispatch.items() if name not in EXTENSIONS},
        **dict.fromkeys(("int", "i4", "i8"), end_whole),
        **dict.fromkeys(("dateTime.iso8601", "base64"), end_as_it_came),
    }


class XmlRpcProtocol(AnyMethod, ProtocolBase):  # type: ignore[misc] # Spyne has no types
    mime_type = "text/xml; charset=utf-8"
    type: ClassVar[set[str]] = {*ProtocolBase.type, "xml-rpc"}

    def create_in_document(self, ctx: Any, in_string_encoding: str | None = None) -> None:  # noqa: ARG002 (Spyne's)
        values = _Values()
        parser = DefusedExpatParser(values, forbid_dtd=True)
        parser.feed(b"".join(ctx.in_string))
        parser.close()
        try:
            ctx.in_document = values.close()
        except Fault:
            raise
        except Exception as error:
            raise Fault("Client", "The body is not an XML-RPC methodCall.") from error
        ctx.method_request_string = values.getmethodname()

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:  # noqa: ARG002 (Spyne's)
        if not ctx.method_request_string:
            raise Fault("Client", "The methodCall names no method.")
        ctx.in_body_doc = ctx.in_document

    def deserialize(self, ctx: Any, message: Any) -> None:  # noqa: ARG002 (Spyne's)
        ctx.in_object = _seven(ctx.in_body_doc)

    def serialize(self, ctx: Any, message: Any) -> None:  # noqa: ARG002 (Spyne's)
        answer: Any = tuple(ctx.out_object[:1]) if ctx.out_error is None else None
        if answer is None:
            given = ctx.out_error.faultcode
            code = CODES.get(given) or CODES.get(given.split(".")[0], CODES["Server"])
            answer = RpcFault(code, ctx.out_error.faultstring)
        ctx.out_document = dumps(answer, methodresponse=True)

    def create_out_string(self, ctx: Any, out_string_encoding: str | None = None) -> None:  # noqa: ARG002 (Spyne's)
        ctx.out_string = [ctx.out_document.encode()]

    def fault_to_http_response_code(self, _fault: Any) -> str:
        return "200 OK"


def _seven(params: Any) -> list[str | None]:
    match params:
        case ({**members},):
            return [_text(members.get(name)) for name in FIELDS]
        case values if len(values) == len(FIELDS):
            return [_text(value) for value in values]
        case _:
            wanted = "send one struct with the seven members, or seven strings"
            raise Fault("Client", f"The call has {len(params)} parameters: {wanted}.")


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool() | int() | float():
            return str(value)
        case _:
            raise Fault("Client", "A value is not a string: each of the seven must be one.")


class XmlRpc(SpyneEndpoint):
    kind = KINDS["xml-rpc"]

    def __init__(self) -> None:
        self._application = SpyneApplication("CalloutsXmlRpc", XmlRpcProtocol(), XmlRpcProtocol())

    def read(self, arrival: Arrival) -> Reading:
        return self._application.read(arrival)

    def wsdl(self, _contract: Contract, _address: str) -> None:
        return None


def hold(reading: Reading, arrival: Arrival, contract: Contract) -> Reading:
    """Hold a call to its contract: the method, the style of parameters, strings only, and the required values."""
    if arrival.content_type.lower() not in MEDIA_TYPES:
        return wrong_type(reading, arrival, "XML-RPC's is text/xml")
    params = reading.context.in_document
    if params is None:
        return reading  # no call at all
    if reading.operation != contract.method:
        problem = f"The method {reading.operation[:200]!r} isn't known here: call {contract.method!r}."
        return replace(reading, problem=problem, code=METHOD_UNKNOWN)
    problem = _wrong_parameters(params, contract) or missing(reading.fields, contract) or reading.problem
    return replace(reading, problem=problem, code=WRONG_PARAMETERS)


def _wrong_parameters(params: Sequence[Any], contract: Contract) -> str:
    """How the parameters break the contract, in a sentence; nothing when they keep it."""
    count = f"{len(params)} parameter" + ("" if len(params) == 1 else "s")
    match params:
        case ({**members},):
            if contract.style != STRUCT:
                return "The call has one struct: send the seven values as seven strings, in order."
            values = {str(name): value for name, value in members.items()}
        case _:
            if contract.style == STRUCT:
                return f"The call has {count}: send one struct with the seven values as its members."
            if len(params) != len(FIELDS):
                return f"The call has {count}: send seven, {', '.join(FIELDS)}."
            values = dict(zip(FIELDS, params, strict=True))
    strange = [name for name in values if name not in FIELDS]
    if strange:
        return f"The struct has a member {strange[0][:100]!r}, which isn't known here: known are {', '.join(FIELDS)}."
    other = [name for name, value in values.items() if not isinstance(value, str)]
    return f"{other[0]} isn't a string: send each value as one." if other else ""
