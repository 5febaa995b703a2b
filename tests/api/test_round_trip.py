"""The mock RMM's own gateway works against the portal's real web services."""

from dataclasses import replace

from sqlalchemy import select

from mock_rmm.alerts import new_alert
from mock_rmm.gateway import Ticket as GatewayTicket
from mock_rmm.gateway import TicketGateway
from mock_rmm.settings import Settings as MockSettings
from portal.clock import now
from portal.models import Company, Resource, Ticket, TicketNote, TicketUdf, Udf
from portal.models.udf import TEXT
from tests.api.conftest import Server
from tests.conftest import PASSWORD


def test_an_alert_becomes_a_ticket_and_a_cleared_alert_a_note(
    server: Server, session, look, company: Company, api_user: Resource
):
    udf = Udf(name="Mock RMM Alert ID, SOAP", type=TEXT)
    session.add(udf)
    session.commit()
    gateway = TicketGateway(
        MockSettings(
            portal_api_url=server.wsdl,
            portal_api_username=api_user.user_name,
            portal_api_password=PASSWORD,
            company_id=company.id,
        )
    )
    alert = replace(new_alert("SRV1 <web> & more", "Disk full", "soap", now()), id="A-1")
    created = gateway.create_ticket(alert, udf.name)
    assert isinstance(created, GatewayTicket), created
    (ticket,) = look(select(Ticket))
    assert (created.id, created.number) == (ticket.id, ticket.number)
    assert ticket.title == "SRV1 <web> & more: Disk full"
    assert ticket.creator_id == api_user.id
    assert [each.value for each in look(select(TicketUdf))] == ["A-1"]
    assert gateway.find_note(alert, created.id) is None
    note_id = gateway.add_note(alert, created.id)
    assert isinstance(note_id, int), note_id
    assert gateway.find_note(alert, created.id) == note_id
    (note,) = look(select(TicketNote))
    assert (note.id, note.title, note.creator_id) == (note_id, "Alert cleared", api_user.id)
