"""XML-RPC, as a Spyne protocol: Spyne has none of its own.

The parameters are one struct with the seven members, or seven strings in order. Any method name will do.
"""

from typing import Any, ClassVar
from xmlrpc.client import Fault as RpcFault
from xmlrpc.client import Unmarshaller, dumps

from defusedxml.xmlrpc import DefusedExpatParser

from mock_rmm import spyne_compat  # noqa: F401 (must come before Spyne)
from mock_rmm.callout import FIELDS
from mock_rmm.endpoints.endpoint import Act, Answer, Arrival, Reading
from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.endpoints.spyne_application import NAMESPACE, OPERATION, SpyneApplication
from mock_rmm.endpoints.xml_guard import charset_of

from spyne import Fault  # isort: skip (after the fix)
from spyne.protocol import ProtocolBase  # isort: skip

LONGEST_INTEGER = 20
_STRUCTURE = {
    "methodCall",
    "methodName",
    "params",
    "param",
    "value",
    "struct",
    "member",
    "name",
    "array",
    "data",
}
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
            raise Fault(
                "Client", f"{self._named(self._within)} has the element {tag[:40]} in it: it must be text."
            )
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
            raise Fault(
                "Client", f"{self._named('a value')} has the text {stray[:40]!r} beside its elements."
            )

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


class XmlRpcProtocol(ProtocolBase):  # type: ignore[misc] # Spyne has no types
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

    def decompose_incoming_envelope(self, ctx: Any, message: Any = None) -> None:
        del message
        if not ctx.method_request_string:
            raise Fault("Client", "The methodCall names no method.")
        ctx.in_body_doc = ctx.in_document

    def get_call_handles(self, ctx: Any) -> Any:
        del ctx
        return self.app.interface.service_method_map[f"{{{NAMESPACE}}}{OPERATION}"]

    def deserialize(self, ctx: Any, message: Any) -> None:
        del message
        ctx.in_object = _seven(ctx.in_body_doc)

    def serialize(self, ctx: Any, message: Any) -> None:
        del message
        if ctx.out_error is None:
            text = dumps((ctx.out_object[0],), methodresponse=True)
        else:
            given = ctx.out_error.faultcode
            code = CODES.get(given) or CODES.get(given.split(".")[0], CODES["Server"])
            text = dumps(RpcFault(code, ctx.out_error.faultstring), methodresponse=True)
        ctx.out_document = text

    def create_out_string(self, ctx: Any, out_string_encoding: str | None = None) -> None:
        del out_string_encoding
        ctx.out_string = [ctx.out_document.encode()]

    def fault_to_http_response_code(self, fault: Any) -> str:
        del fault
        return "200 OK"


def _seven(params: Any) -> list[str | None]:
    match params:
        case ({**members},):
            return [_text(members.get(name)) for name in FIELDS]
        case values if len(values) == len(FIELDS):
            return [_text(value) for value in values]
        case _:
            raise Fault(
                "Client",
                f"The call has {len(params)} parameters: send one struct with the seven members, or seven strings.",
            )


def _text(value: Any) -> str | None:
    match value:
        case None | str():
            return value
        case bool() | int() | float():
            return str(value)
        case _:
            raise Fault("Client", "A value is not a string: each of the seven must be one.")


class XmlRpc:
    kind = KINDS["xml-rpc"]

    def __init__(self) -> None:
        self._application = SpyneApplication("CalloutsXmlRpc", XmlRpcProtocol(), XmlRpcProtocol())

    def charset(self, arrival: Arrival) -> str:
        return charset_of(arrival.body, arrival.charset)

    def read(self, arrival: Arrival) -> Reading:
        return self._application.read(arrival)

    def answer(self, reading: Reading, act: Act) -> Answer:
        return self._application.answer(reading, act)

    def refuse(self, reading: Reading) -> Answer:
        return self._application.fault(reading, reading.problem, code=reading.code)

    def fault(self, reading: Reading, message: str, status: int) -> Answer:
        return self._application.fault(reading, message, code="Server", status=status)

    def wsdl(self, address: str) -> None:
        del address
