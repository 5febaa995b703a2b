"""What a callout says of a ticket: the seven values at the moment of its change."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.eastern import round_trip
from portal.core.wire import Fields
from portal.models import Callout, PicklistValue, Ticket


@dataclass(frozen=True, slots=True)
class Payload:
    """One delivery's content: the values, its id (the same on each resend), and which attempt it is, from 1."""

    fields: Fields
    webhook_id: str
    attempt: int = 1


def snapshot(session: Session, callout: Callout, ticket: Ticket, domain: str) -> Fields | None:
    """Read the seven values from a ticket; None where the callout's UDF is empty on it, so that nothing is sent."""
    udf = next((each.value for each in ticket.udf_values if each.udf_id == callout.udf_id), "")
    if callout.udf_id is not None and not udf.strip():
        return None
    status = session.scalar(select(PicklistValue.label).filter_by(list_name="status", value=ticket.status))
    return Fields(
        id=str(ticket.id),
        number=ticket.number,
        status=status or str(ticket.status),
        created_datetime=round_trip(ticket.created_at),
        last_activity_datetime=round_trip(ticket.last_activity_at),
        domain=domain,
        udf=udf,
    )
