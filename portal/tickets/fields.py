"""The ticket's fields as rules and history see them: a stored value as text, and a label to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.rules import Value
from portal.core.tickets import LISTS
from portal.models import Company, PicklistValue, Resource, Ticket, Udf

UDF_PREFIX = "udf:"


@dataclass(frozen=True, slots=True)
class TicketField:
    """``kind`` is text, picklist, company, resource, date or udf; ``required`` fields can't be emptied."""

    name: str
    label: str
    kind: str
    required: bool = False


FIELDS: dict[str, TicketField] = {
    field.name: field
    for field in (
        TicketField("title", "Title", "text", required=True),
        TicketField("description", "Description", "text"),
        TicketField("company_id", "Company", "company", required=True),
        TicketField("status", "Status", "picklist", required=True),
        TicketField("priority", "Priority", "picklist", required=True),
        TicketField("queue", "Queue", "picklist"),
        TicketField("source", "Source", "picklist"),
        TicketField("ticket_type", "Ticket type", "picklist"),
        TicketField("assigned_resource_id", "Assigned resource", "resource"),
        TicketField("due_at", "Due", "date"),
        TicketField("resolution", "Resolution", "text"),
        TicketField("external_id", "External ID", "text"),
    )
}


def udf_field(udf_id: int) -> str:
    return f"{UDF_PREFIX}{udf_id}"


def raw_values(ticket: Ticket) -> dict[str, Value]:
    """Give every field's stored value as text; UDFs under "udf:<id>"."""
    values: dict[str, Value] = {name: _raw(getattr(ticket, name)) for name in FIELDS}
    values.update({udf_field(each.udf_id): each.value for each in ticket.udf_values})
    return values


def changed_fields(before: Mapping[str, Value], after: Mapping[str, Value]) -> list[str]:
    names = [*before, *(name for name in after if name not in before)]
    return [name for name in names if (before.get(name) or "") != (after.get(name) or "")]


def field_label(session: Session, name: str) -> str:
    """Name a field as pages do, also one whose UDF has been renamed since."""
    if name.startswith(UDF_PREFIX):
        udf = session.get(Udf, int(name.removeprefix(UDF_PREFIX)))
        return udf.name if udf else name
    return FIELDS[name].label if name in FIELDS else name


def value_label(session: Session, name: str, value: Value) -> str:
    """Show a stored value as pages do: the label of a list's value, a company's or resource's name."""
    if not value or name not in FIELDS:
        return value or ""
    kind = FIELDS[name].kind
    if kind == "picklist":
        return picklist_label(session, name, int(value))
    if kind == "company":
        company = session.get(Company, int(value))
        return company.name if company else value
    if kind == "resource":
        resource = session.get(Resource, int(value))
        return resource.name if resource else value
    return value


def picklist_label(session: Session, list_name: str, value: int) -> str:
    query = select(PicklistValue.label).filter_by(list_name=list_name, value=value)
    return session.scalar(query) or str(value)


def picklist(session: Session, list_name: str, *, keep: int | None = None) -> list[PicklistValue]:
    """Give a list's active values in order, and the one that a ticket already has."""
    if list_name not in LISTS:
        raise KeyError(list_name)
    query = (
        select(PicklistValue)
        .filter_by(list_name=list_name)
        .where(PicklistValue.active | (PicklistValue.value == keep))
        .order_by(PicklistValue.sort, PicklistValue.label)
    )
    return list(session.scalars(query))


def _raw(value: object) -> Value:
    match value:
        case None | "":
            return None
        case datetime():
            # the same moment in another zone is no change
            return value.astimezone(UTC).isoformat()
        case _:
            return str(value)
