"""A service desk to raise tickets at: a small Spyne service that speaks as the web services API 1.6 does.

Its fields are untyped (`xsd:anyType`), entities come with `xsi:type`, and Basic and the integration header are wanted.
"""

# ruff: noqa: N803, N805 (the names on the wire, and Spyne's way with the first argument)

import base64
import itertools
import re
import threading
from typing import Any

from mock_rmm import spyne_compat  # noqa: F401 (before Spyne)

from spyne import AnyXml, Application, Array, ComplexModel, Fault, Integer, Long, Service, Unicode, rpc  # isort: skip
from spyne.protocol.soap import Soap11  # isort: skip
from spyne.server.wsgi import WsgiApplication  # isort: skip

NS = "http://autotask.net/ATWS/v1_6/"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
USER, PASSWORD = "api@dev3.com", "api-secret"


class _Untyped(Soap11):
    """Text in and out of anyType elements, which Spyne takes for containers."""

    def xml_from_element(self, ctx, cls, element):
        return element.text

    def any_xml_to_parent(self, ctx, cls, inst, parent, ns, name, **_):
        from lxml import etree

        element = etree.SubElement(parent, f"{{{ns}}}{name}")
        element.text = str(inst)
        element.set(XSI_TYPE, "xs:string")


class _Model(ComplexModel):
    __namespace__ = NS


class AutotaskIntegrations(_Model):
    PartnerID = Unicode(min_occurs=0)
    IntegrationCode = Unicode(min_occurs=0)
    ImpersonateAsResourceID = Long(min_occurs=0)


class UserDefinedField(_Model):
    Name = Unicode(min_occurs=0)
    Value = Unicode(min_occurs=0)


class Entity(_Model):
    id = Long(min_occurs=0)
    UserDefinedFields = Array(UserDefinedField, min_occurs=0)


class Ticket(Entity):
    AccountID = AnyXml(min_occurs=0)
    Title = AnyXml(min_occurs=0)
    Status = AnyXml(min_occurs=0)
    Priority = AnyXml(min_occurs=0)
    TicketNumber = AnyXml(min_occurs=0)
    Description = AnyXml(min_occurs=0)
    QueueID = AnyXml(min_occurs=0)
    Source = AnyXml(min_occurs=0)
    TicketType = AnyXml(min_occurs=0)


class TicketNote(Entity):
    TicketID = AnyXml(min_occurs=0)
    Title = AnyXml(min_occurs=0)
    Description = AnyXml(min_occurs=0)
    NoteType = AnyXml(min_occurs=0)
    Publish = AnyXml(min_occurs=0)


class ATWSError(_Model):
    Message = Unicode(min_occurs=0)


class EntityReturnInfo(_Model):
    EntityId = Long(min_occurs=0)
    DatabaseAction = Unicode(min_occurs=0)


class ATWSResponse(_Model):
    ReturnCode = Integer
    EntityResults = Array(Entity, min_occurs=0)
    EntityResultType = Unicode(min_occurs=0)
    Errors = Array(ATWSError, min_occurs=0)
    EntityReturnInfoResults = Array(EntityReturnInfo, min_occurs=0)


class WebServices(Service):
    __in_header__ = AutotaskIntegrations

    @rpc(Array(Entity), _returns=ATWSResponse)
    def create(ctx, Entities):
        return ctx.app.config.create(ctx.in_header, Entities)

    @rpc(Unicode, _returns=ATWSResponse)
    def query(ctx, sXML):
        return ctx.app.config.query(sXML)


class ServiceDesk:
    """The records, and how it behaves. A WSGI program."""

    def __init__(self) -> None:
        self.records: dict[int, Any] = {}
        self.integration_codes: list[str] = []
        self.refusal = ""
        """The words of a ReturnCode -1."""
        self.broken = 0
        """How many calls to come answer 500."""
        self.lost_answers = 0
        """How many calls to come are carried out, and answered 500."""
        self.calls = 0
        self.arrived = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()
        self._ids = itertools.count(8176)
        self._wsgi = WsgiApplication(
            Application(
                [WebServices],
                NS,
                name="ATWS",
                in_protocol=_Untyped(),
                out_protocol=_Untyped(polymorphic=True, cleanup_namespaces=False),
                config=self,
            )
        )

    @property
    def tickets(self) -> list[Any]:
        return [record for record in self.records.values() if isinstance(record, Ticket)]

    @property
    def notes(self) -> list[Any]:
        return [record for record in self.records.values() if isinstance(record, TicketNote)]

    def create(self, header: Any, entities: list[Any]) -> ATWSResponse:
        self.integration_codes.append(header.IntegrationCode)
        if self.refusal:
            return ATWSResponse(ReturnCode=-1, Errors=[ATWSError(Message=self.refusal)])
        infos = []
        for entity in entities:
            entity.id = next(self._ids)
            if isinstance(entity, Ticket):
                entity.TicketNumber = f"T20261124.{entity.id}"
            self.records[entity.id] = entity
            infos.append(EntityReturnInfo(EntityId=entity.id, DatabaseAction="Created"))
        return ATWSResponse(ReturnCode=1, EntityReturnInfoResults=infos)

    def query(self, text: str) -> ATWSResponse:
        kind = {"Ticket": Ticket, "TicketNote": TicketNote}[re.search("<entity>(.*?)</entity>", text)[1]]
        terms = re.findall(r'<field>(\w+)<expression op="(\w+)">(.*?)</expression>', text)
        found = [
            r
            for r in self.records.values()
            if isinstance(r, kind) and all(_meets(r, *term) for term in terms)
        ]
        return ATWSResponse(ReturnCode=1, EntityResults=found, EntityResultType=kind.__name__)

    def __call__(self, environ, start_response):
        expected = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if environ.get("HTTP_AUTHORIZATION") != expected:
            start_response("401 Unauthorized", [("Content-Length", "0")])
            return [b""]
        if environ["REQUEST_METHOD"] == "POST":
            self.calls += 1
            self.arrived.set()
            assert self.go_on.wait(60)
            if self.broken:
                self.broken -= 1
                return _broken(start_response)
            if self.lost_answers:
                self.lost_answers -= 1
                list(self._wsgi(environ, lambda *_: None))
                return _broken(start_response)
        return self._wsgi(environ, start_response)


def _broken(start_response):
    start_response("500 Internal Server Error", [("Content-Length", "6"), ("Content-Type", "text/plain")])
    return [b"broken"]


def _meets(record: Any, field: str, operator: str, value: str) -> bool:
    actual = str(getattr(record, field))
    match operator:
        case "Equals":
            return actual == value
        case "Contains":
            return value in actual
    raise Fault("Client", f"unknown operator {operator}")
