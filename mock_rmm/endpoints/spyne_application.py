"""A Spyne application behind an endpoint, driven in two steps: read a document, then answer it.

Spyne's own WSGI entry does both in one go. Between the two the mock writes its journal and applies faults, so
the stages of Spyne's server are called one by one here. Whatever a document does to a stage, the answer is a fault.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from mock_rmm import spyne_compat  # noqa: F401 (must come before Spyne)
from mock_rmm.callout import FIELDS, Callout
from mock_rmm.endpoints.endpoint import Act, Answer, Arrival, Reading, problem_of
from mock_rmm.endpoints.xml_guard import Hostile, charset_of

from spyne import Application, Fault, Service, Unicode, rpc  # isort: skip (after the fix)
from spyne.server.wsgi import WsgiApplication, WsgiMethodContext  # isort: skip

NAMESPACE = "urn:mock-rmm/"  # ends with a slash, so that "SOAP Action without Method Name" gives just this

OPERATION = "TicketChanged"
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't carry (production 2, Char), not even escaped."""


def service_of(method: str, required: Collection[str] = ()) -> Any:
    """The service that the WSDL describes: one method of that name, with the seven values."""

    def ticket_changed(ctx: Any, *values: str | None) -> str:
        """Report that a ticket changed. The answer says what was done about it."""
        act: Act = ctx.udc
        given = {name: value or "" for name, value in zip(FIELDS, values, strict=True)}
        return act(Callout.of(given))

    call = rpc(
        *[_text(required=name in required) for name in FIELDS],
        _args=FIELDS,
        _returns=Unicode,
        _operation_name=method,
        _out_message_name=method + "Response",
        _out_variable_name=method + "Result",
    )(ticket_changed)
    return type(Service)("TicketCallouts", (Service,), {"__module__": __name__, "ticket_changed": call})


def _text(*, required: bool) -> Any:
    """A type of its own for each: Spyne would name a shared one after the first value that has it."""
    if required:
        return Unicode(min_occurs=1, nillable=False, min_len=1)
    return Unicode(min_occurs=0, nillable=True)


TicketCallouts = service_of(OPERATION)  # what the lenient protocols call, whatever the method's name


class SpyneApplication:
    def __init__(self, name: str, protocol: Any, out_protocol: Any) -> None:
        self._application = Application(
            [TicketCallouts], NAMESPACE, name=name, in_protocol=protocol, out_protocol=out_protocol
        )
        self._server = WsgiApplication(self._application)

    def read(self, arrival: Arrival) -> Reading:
        document = arrival.document
        if isinstance(document, Hostile):
            return self._unreadable(arrival, document.problem)
        ctx = self._context(arrival)
        ctx.in_string = [document.body]
        try:
            ctx = self._server.generate_contexts(ctx)[0]
            is_call = ctx.in_error is None
            if is_call:
                self._server.get_in_object(ctx)
        except Exception as error:  # noqa: BLE001 (the boundary: a document must not break the server)
            return self._unreadable(arrival, f"The body can't be read as a call ({type(error).__name__}).")
        if not is_call:
            return self._unreadable(arrival, ctx.in_error.faultstring)
        operation = printable(ctx.method_request_string or "")
        if ctx.in_error is not None:
            # It is a call, only not one of the seven values: a contract reports that in its own words
            return Reading(problem=printable(ctx.in_error.faultstring), operation=operation, context=ctx)
        fields = {name: value for name, value in zip(FIELDS, ctx.in_object, strict=True) if value is not None}
        return Reading(fields=fields, problem=problem_of(fields), operation=operation, context=ctx)

    def _unreadable(self, arrival: Arrival, problem: str) -> Reading:
        return Reading(problem=printable(problem), context=self._context(arrival))

    def _context(self, arrival: Arrival) -> Any:
        environ = {"REQUEST_METHOD": arrival.method, "CONTENT_TYPE": arrival.content_type}
        return WsgiMethodContext(self._server, environ, self._application.out_protocol.mime_type)


class AnyMethod:
    """Mixed into a protocol: whatever method is called, it is the one there is."""

    app: Any

    def get_call_handles(self, _ctx: Any) -> Any:
        return self.app.interface.service_method_map[f"{{{NAMESPACE}}}{OPERATION}"]


class SpyneEndpoint:
    """Mixed into an endpoint: its answers are made by the Spyne application that has read the request."""

    def charset(self, arrival: Arrival) -> str:
        return charset_of(arrival.body, arrival.charset)

    def answer(self, reading: Reading, act: Act) -> Answer:
        ctx = reading.context
        ctx.udc = act
        ctx.transport.itself.get_out_object(ctx)
        return self._finish(ctx)

    def refuse(self, reading: Reading) -> Answer:
        return self._fault(reading, reading.problem, reading.code)

    def fault(self, reading: Reading, message: str, status: int) -> Answer:
        return replace(self._fault(reading, message, "Server"), status=status)

    def _fault(self, reading: Reading, message: str, code: str) -> Answer:
        ctx = reading.context
        ctx.in_error = ctx.out_error = Fault(code, printable(message))
        return self._finish(ctx)

    def _finish(self, ctx: Any) -> Answer:
        status = 200
        if ctx.out_error is not None:
            status = int(ctx.out_protocol.fault_to_http_response_code(ctx.out_error).split()[0])
        ctx.transport.itself.get_out_string(ctx)
        body = b"".join(ctx.out_string)
        ctx.close()
        return Answer(status, body, ctx.transport.resp_headers["Content-Type"])


def printable(text: str) -> str:
    """Without what XML can't carry."""
    return NOT_XML.sub("\ufffd", text)
