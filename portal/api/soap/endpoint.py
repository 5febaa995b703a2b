"""The Spyne application, driven stage by stage: read the envelope, see which operation it calls, answer.

Spyne's own WSGI entry does all of it in one go. Between the stages the view asks for credentials, which not
every operation needs; and whatever a document does to a stage, a fault comes out.
"""

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import structlog

from portal.api.soap import spyne_compat  # noqa: F401 - must come before Spyne
from portal.api.soap.call import Call
from portal.api.soap.operations import OPERATIONS, Operation
from portal.api.soap.protocol import Answers, Requests
from portal.api.soap.types import NAMESPACE, TYPES, AutotaskIntegrations
from portal.api.xml_text import printable
from portal.db.engine import db, storage_trouble
from portal.db.trouble import StorageTrouble

from spyne import Application, Fault, Service, rpc  # isort: skip
from spyne.server.wsgi import WsgiApplication, WsgiMethodContext  # isort: skip

_ADDRESS = "urn:address"
_WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
_WSDL_SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
_XS = "{http://www.w3.org/2001/XMLSchema}"
_OUR_FAULT = (
    "Something went wrong in the portal, and nothing of this request was kept. It has been logged; try again "
    "in a moment, and tell the portal's administrator if it stays."
)
log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Endpoint:
    def __init__(self) -> None:
        self._app = Application(
            [_service()],
            NAMESPACE,
            name="ATWSSoap",
            in_protocol=Requests(),
            out_protocol=Answers(),
            classes=tuple(TYPES.values()),
        )
        self._server = WsgiApplication(self._app)
        wsdl = self._app.interface.docs.wsdl11
        wsdl.event_manager.add_listener("wsdl_document_built", _finish_wsdl)
        wsdl.build_interface_document(_ADDRESS)
        self._wsdl: str = wsdl.get_interface_document().decode()

    def wsdl(self, address: str) -> str:
        """Give the interface document, with the address that its reader came by."""
        return self._wsdl.replace(_ADDRESS, escape(address, {'"': "&quot;"}))

    def read(self, document: bytes) -> "Reading":
        """Read an envelope as far as to know which operation it calls."""
        ctx = self._context()
        ctx.in_string = [document]
        try:
            ctx = self._server.generate_contexts(ctx)[0]
        except Exception:
            log.exception("api_unreadable")
            ctx.in_error = ctx.out_error = Fault("Client", "The request can't be read as a call.")
        name = None if ctx.in_error is not None else ctx.descriptor.operation_name
        return Reading(ctx, OPERATIONS.get(name or ""))

    def answer(self, reading: "Reading", call: Call) -> Answer:
        """Carry a call out. What goes wrong on the way is a fault."""
        ctx = reading.ctx
        ctx.udc = call
        try:
            if ctx.in_error is None:
                self._server.get_in_object(ctx)
            if ctx.in_error is None:
                self._server.get_out_object(ctx)
            return self._finish(ctx)
        except Exception:
            log.exception("api_failed")
            return self.fault("Server", _OUR_FAULT)

    def fault(self, code: str, sentence: str) -> Answer:
        ctx = self._context()
        ctx.in_error = ctx.out_error = Fault(code, printable(sentence))
        return self._finish(ctx)

    def _context(self) -> Any:
        environ = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "text/xml; charset=utf-8"}
        return WsgiMethodContext(self._server, environ, self._app.out_protocol.mime_type)

    def _finish(self, ctx: Any) -> Answer:
        status = 200 if ctx.out_error is None else 500
        self._server.get_out_string(ctx)
        body = b"".join(ctx.out_string)
        ctx.close()
        return Answer(status, body)


@dataclass(frozen=True, slots=True)
class Reading:
    """``operation`` is None when the envelope calls none; the answer then says why."""

    ctx: Any
    operation: Operation | None


def _service() -> Any:
    """Make the Spyne service of all operations."""
    methods = {name: _method(operation) for name, operation in OPERATIONS.items()}
    return type(Service)("ATWS", (Service,), {"__service_name__": "ATWS"} | methods)


def _method(operation: Operation) -> Any:
    def method(ctx: Any, *arguments: Any) -> Any:
        try:
            return operation.run(ctx.udc, *arguments)
        except Exception as error:
            trouble = storage_trouble(error)
            if trouble is None:
                log.exception("api_failed", operation=operation.name)
            else:
                log.warning("api_database_trouble", trouble=trouble.name, operation=operation.name)
            db.session.remove()
            raise Fault("Server", our_fault(trouble)) from error

    method.__name__ = operation.name
    header = None if operation.is_open else (AutotaskIntegrations,)
    return rpc(
        *(kind for _, kind in operation.parameters),
        _args=[name for name, _ in operation.parameters],
        _returns=operation.result,
        _in_header=header,
    )(method)


def our_fault(trouble: StorageTrouble | None) -> str:
    """Say what is wrong on our side: the database's trouble, or a bug."""
    return _OUR_FAULT if trouble is None else f"{trouble.title}. {trouble.text}"


def _finish_wsdl(wsdl: Any) -> None:
    """Write down what Spyne can't: the actions' full names, and that an Entity by itself is none."""
    root = wsdl.root_elt
    for operation in root.iter(f"{_WSDL_SOAP}operation"):
        operation.set("soapAction", NAMESPACE + operation.get("soapAction", ""))
    for kind in root.iter(f"{_XS}complexType"):
        if kind.get("name") == "Entity":
            kind.set("abstract", "true")
    # the order that the WSDL specification asks for
    for name in ("binding", "service"):
        for element in root.findall(_WSDL + name):
            root.append(element)
