"""Tables; no behaviour."""

from portal.models.base import Base
from portal.models.bulk import BulkJob
from portal.models.callout import Callout
from portal.models.delivery import Attempt, AttemptRemark, Delivery, Message
from portal.models.people import CalloutRecipient, Company, Resource, WebSession
from portal.models.rule import Rule, RuleAction, RuleCondition, RuleEvent
from portal.models.submission import FormSubmission
from portal.models.ticket import PicklistValue, Ticket, TicketHistory, TicketNote, TicketSequence, TicketUdf
from portal.models.udf import Udf

__all__ = [
    "Attempt",
    "AttemptRemark",
    "Base",
    "BulkJob",
    "Callout",
    "CalloutRecipient",
    "Company",
    "Delivery",
    "FormSubmission",
    "Message",
    "PicklistValue",
    "Resource",
    "Rule",
    "RuleAction",
    "RuleCondition",
    "RuleEvent",
    "Ticket",
    "TicketHistory",
    "TicketNote",
    "TicketSequence",
    "TicketUdf",
    "Udf",
    "WebSession",
]
