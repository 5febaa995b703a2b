"""Facts about tickets: the fixed statuses, and how a ticket is numbered."""

from datetime import date

NEW, COMPLETE, WAITING_CUSTOMER = 1, 5, 7
MAX_TITLE, MAX_DESCRIPTION = 255, 8000

# The lists as a new portal has them: value, label, whether the system needs it (it can't be removed).
STATUSES = (
    (NEW, "New", True),
    (COMPLETE, "Complete", True),
    (WAITING_CUSTOMER, "Waiting Customer", True),
    (8, "In Progress", False),
    (9, "Waiting Materials", False),
    (10, "Dispatched", False),
    (11, "Escalate", False),
    (12, "Waiting Vendor", False),
    (13, "Waiting Approval", False),
)
PRIORITIES = ((4, "Critical", False), (1, "High", False), (2, "Medium", False), (3, "Low", False))
QUEUES = (
    (5, "Client Portal", False),
    (6, "Post Sale", False),
    (8, "Monitoring Alert", False),
    (29682833, "Level I Support", False),
    (29682969, "Level II Support", False),
)
SOURCES = (
    (-2, "Insourced", False),
    (1, "Other", False),
    (2, "Phone", False),
    (4, "Email", False),
    (6, "Web Portal", False),
    (8, "Monitoring Alert", False),
)
TYPES = (
    (1, "Service Request", False),
    (2, "Incident", False),
    (3, "Problem", False),
    (4, "Change Request", False),
    (5, "Alert", False),
)
LISTS: dict[str, tuple[str, tuple[tuple[int, str, bool], ...]]] = {
    "status": ("Statuses", STATUSES),
    "priority": ("Priorities", PRIORITIES),
    "queue": ("Queues", QUEUES),
    "source": ("Sources", SOURCES),
    "ticket_type": ("Ticket types", TYPES),
}
DEFAULT_PRIORITY = 2

NOTE_TYPES = {
    1: "Task Summary",
    2: "Task Detail",
    3: "Task Notes",
    13: "Workflow Rule Note",
    91: "Workflow Rule Action Note",
    99: "RMM Note",
}
WORKFLOW_ACTION_NOTE = 91
PUBLISH = {1: "Everyone", 2: "Internal", 4: "Internal and co-managed"}


def ticket_number(day: date, sequence: int) -> str:
    """Write a ticket's number, ``TYYYYMMDD.NNNN``; the sequence restarts each Eastern day."""
    return f"T{day:%Y%m%d}.{sequence:04d}"
