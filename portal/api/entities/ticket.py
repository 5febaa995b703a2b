"""Tickets, with their user-defined fields."""

from sqlalchemy.orm import Session

from portal.api.entities.entity import Entity, Field, Udfs, Values
from portal.api.entities.kinds import (
    BOOLEAN,
    DECIMAL,
    DOUBLE,
    EXACT_TEXT,
    INTEGER,
    LONG,
    TEXT,
    TIME,
    picklist,
    reference,
)
from portal.core.actors import Context
from portal.desk.ticket_work import create_ticket, edit_ticket
from portal.models import Ticket
from portal.tickets.change import lock_ticket


def _create(session: Session, context: Context, values: Values, udfs: Udfs) -> int:
    ticket, _ = create_ticket(session, context, values, udfs)
    return ticket.id


# The last ones, without a column, are accepted and not kept.
TICKET = Entity(
    name="Ticket",
    model=Ticket,
    fields=(
        Field("id", LONG, "id", read_only=True),
        Field("AccountID", reference("Account"), "company_id", required=True),
        Field("Title", TEXT, "title", required=True),
        Field("Status", picklist("status"), "status", required=True),
        Field("Priority", picklist("priority"), "priority", required=True),
        Field("TicketNumber", TEXT, "number", read_only=True),
        Field("Description", TEXT, "description"),
        Field("QueueID", picklist("queue"), "queue"),
        Field("Source", picklist("source"), "source"),
        Field("TicketType", picklist("ticket_type"), "ticket_type"),
        Field("AssignedResourceID", reference("Resource"), "assigned_resource_id"),
        Field("DueDateTime", TIME, "due_at"),
        Field("Resolution", TEXT, "resolution"),
        Field("ExternalID", EXACT_TEXT, "external_id"),
        Field("CreatorResourceID", reference("Resource"), "creator_id", read_only=True),
        Field("CreateDate", TIME, "created_at", read_only=True),
        Field("LastActivityDate", TIME, "last_activity_at", read_only=True),
        Field("CompletedDate", TIME, "completed_at", read_only=True),
        Field("CompletedByResourceID", reference("Resource"), "completed_by_id", read_only=True),
        Field("AccountPhysicalLocationID", reference("AccountPhysicalLocation")),
        Field("AEMAlertID", EXACT_TEXT),
        Field("AllocationCodeID", reference("AllocationCode")),
        Field("AssignedResourceRoleID", reference("Role")),
        Field("BusinessDivisionSubdivisionID", reference("BusinessDivisionSubdivision")),
        Field("ChangeApprovalBoard", picklist("change_approval_board")),
        Field("ChangeApprovalStatus", picklist("change_approval_status")),
        Field("ChangeApprovalType", picklist("change_approval_type")),
        Field("ChangeInfoField1", TEXT),
        Field("ChangeInfoField2", TEXT),
        Field("ChangeInfoField3", TEXT),
        Field("ChangeInfoField4", TEXT),
        Field("ChangeInfoField5", TEXT),
        Field("ContactID", reference("Contact")),
        Field("ContractID", reference("Contract")),
        Field("ContractServiceBundleID", LONG),
        Field("ContractServiceID", LONG),
        Field("CreatorType", picklist("creator_type"), read_only=True, queryable=False),
        Field("EstimatedHours", DOUBLE),
        Field("FirstResponseDateTime", TIME, read_only=True),
        Field("FirstResponseDueDateTime", TIME, read_only=True),
        Field("HoursToBeScheduled", DECIMAL, read_only=True),
        Field("InstalledProductID", reference("InstalledProduct")),
        Field("IssueType", picklist("issue_type")),
        Field("LastCustomerNotificationDateTime", TIME, read_only=True),
        Field("LastCustomerVisibleActivityDateTime", TIME, read_only=True),
        Field("MonitorID", LONG),
        Field("MonitorTypeID", picklist("monitor_type")),
        Field("OpportunityId", INTEGER),
        Field("ProblemTicketId", reference("Ticket")),
        Field("ProjectID", INTEGER),
        Field("PurchaseOrderNumber", TEXT),
        Field("ResolutionPlanDateTime", TIME, read_only=True),
        Field("ResolutionPlanDueDateTime", TIME, read_only=True),
        Field("ResolvedDateTime", TIME, read_only=True),
        Field("ResolvedDueDateTime", TIME, read_only=True),
        Field("RMAStatus", picklist("rma_status")),
        Field("RMAType", picklist("rma_type")),
        Field("RMMAlertID", EXACT_TEXT),
        Field("ServiceLevelAgreementHasBeenMet", BOOLEAN, read_only=True),
        Field("ServiceLevelAgreementID", picklist("service_level_agreement")),
        Field("SubIssueType", picklist("sub_issue_type")),
        Field("TicketCategory", picklist("ticket_category")),
    ),
    create=_create,
    load=lock_ticket,
    update=edit_ticket,
    has_udfs=True,
)
