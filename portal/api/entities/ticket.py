"""Tickets, with their user-defined fields."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.api.entities.field import Field, integer, text, time
from portal.api.entities.given import given, record_id
from portal.api.entities.kinds import EXACT_TEXT, printable, same, shortened
from portal.api.entities.record import Made, Record, Refused
from portal.api.entities.told import Told, tell
from portal.api.work import Work
from portal.core.eastern import read_day
from portal.core.problems import Invalid, NotFound
from portal.desk.ticket_work import create_ticket, edit_ticket
from portal.models import Ticket, Udf
from portal.models.udf import DATE, TEXT
from portal.tickets.change import lock_ticket

_NOT_KEPT = (
    "AccountPhysicalLocationID",
    "AEMAlertID",
    "AllocationCodeID",
    "AssignedResourceRoleID",
    "BusinessDivisionSubdivisionID",
    "ChangeApprovalBoard",
    "ChangeApprovalStatus",
    "ChangeApprovalType",
    "ChangeInfoField1",
    "ChangeInfoField2",
    "ChangeInfoField3",
    "ChangeInfoField4",
    "ChangeInfoField5",
    "ContactID",
    "ContractID",
    "ContractServiceBundleID",
    "ContractServiceID",
    "CreatorType",
    "EstimatedHours",
    "FirstResponseDateTime",
    "FirstResponseDueDateTime",
    "HoursToBeScheduled",
    "InstalledProductID",
    "IssueType",
    "LastCustomerNotificationDateTime",
    "LastCustomerVisibleActivityDateTime",
    "MonitorID",
    "MonitorTypeID",
    "OpportunityId",
    "ProblemTicketId",
    "ProjectID",
    "PurchaseOrderNumber",
    "ResolutionPlanDateTime",
    "ResolutionPlanDueDateTime",
    "ResolvedDateTime",
    "ResolvedDueDateTime",
    "RMAStatus",
    "RMAType",
    "RMMAlertID",
    "ServiceLevelAgreementHasBeenMet",
    "ServiceLevelAgreementID",
    "SubIssueType",
    "TicketCategory",
)


class Tickets:
    name = "Ticket"
    model = Ticket
    has_udfs = True
    fields: tuple[Field, ...] = (
        integer("id", "id", read_only=True),
        integer("AccountID", "company_id", required=True),
        text("Title", "title", required=True),
        integer("Status", "status", required=True),
        integer("Priority", "priority", required=True),
        text("TicketNumber", "number", read_only=True),
        text("Description", "description"),
        integer("QueueID", "queue"),
        integer("Source", "source"),
        integer("TicketType", "ticket_type"),
        integer("AssignedResourceID", "assigned_resource_id"),
        time("DueDateTime", "due_at"),
        text("Resolution", "resolution"),
        Field("ExternalID", EXACT_TEXT, "external_id"),
        integer("CreatorResourceID", "creator_id", read_only=True),
        time("CreateDate", "created_at", read_only=True),
        time("LastActivityDate", "last_activity_at", read_only=True),
        time("CompletedDate", "completed_at", read_only=True),
        integer("CompletedByResourceID", "completed_by_id", read_only=True),
        *(Field(name) for name in _NOT_KEPT),
    )

    def create(self, work: Work, record: Record) -> Made:
        values, not_kept = given(self.fields, record)
        udfs = _given_udfs(work.session, record, {})
        try:
            ticket, _ = create_ticket(work.session, work.context, values, udfs)
        except Invalid as invalid:
            raise Refused.because_of(invalid, self._names()) from invalid
        return Made(ticket.id, not_kept)

    def update(self, work: Work, record: Record) -> Made:
        ticket_id = record_id(record)
        try:
            ticket = lock_ticket(work.session, ticket_id)
            told = self._tell(ticket, _active_udfs(work.session))
            values, not_kept = given(self.fields, record, told=told.values)
            udfs = _given_udfs(work.session, record, told.udfs)
            edit_ticket(work.session, work.context, ticket_id, values, udfs)
        except NotFound as missing:
            raise Refused(str(missing)) from missing
        except Invalid as invalid:
            raise Refused.because_of(invalid, self._names()) from invalid
        return Made(ticket_id, not_kept)

    def tell(self, session: Session, ids: Sequence[int]) -> list[Told]:
        query = (
            select(Ticket)
            .where(Ticket.id.in_(ids))
            .order_by(Ticket.id)
            .options(selectinload(Ticket.udf_values))
            .execution_options(populate_existing=True)
        )
        udfs = _active_udfs(session)
        return [self._tell(ticket, udfs) for ticket in session.scalars(query)]

    def _tell(self, ticket: Ticket, udfs: Sequence[Udf]) -> Told:
        held = {each.udf_id: printable(each.value) for each in ticket.udf_values}
        return Told(self.name, tell(self.fields, ticket), {udf.name: held.get(udf.id) for udf in udfs})

    def _names(self) -> dict[str, str]:
        return {field.column: field.name for field in self.fields if field.column is not None}


def _active_udfs(session: Session) -> list[Udf]:
    return list(session.scalars(select(Udf).filter_by(active=True).order_by(Udf.name)))


def _given_udfs(session: Session, record: Record, told: Mapping[str, Any]) -> dict[int, str | None]:
    """Give the UDF values by id, without those that are as they were. Raises Refused."""
    if not record.udfs:
        return {}
    known = {udf.name: udf for udf in session.scalars(select(Udf).where(Udf.name.in_(record.udfs)))}
    unknown = [name for name in record.udfs if name not in known]
    if unknown:
        raise Refused(
            *(f"There is no user-defined field named “{shortened(name)}” for tickets." for name in unknown)
        )
    return {
        known[name].id: _date(value) if known[name].type == DATE else value
        for name, value in record.udfs.items()
        if not same(told.get(name) or "", value or "", exact=known[name].type == TEXT)
    }


def _date(value: str | None) -> str | None:
    """Give the day of a date or a date-time, as clients write them; else the text as it came."""
    try:
        return read_day(value or "").isoformat()
    except ValueError:
        return value
