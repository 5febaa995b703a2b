"""Words on deliveries: what came of an attempt, and what their list can be narrowed by."""

from portal.core.verdicts import ErrorKind, status_line
from portal.delivery.selection import REMARK
from portal.http.remarks import LABELS
from portal.models import Attempt
from portal.models.delivery import STATES, WAITING
from portal.queries.deliveries import RESENDING

# what can be chosen: the states, and of those that wait the ones that were tried already
CHOICES = {WAITING: "Waiting", RESENDING: "Waiting, resending"} | {
    name: label for name, label in STATES.items() if name != WAITING
}
PERIODS = {"hour": "Last hour", "day": "Last 24 hours", "week": "Last 7 days"}
# the classes of errors, in the words of pages
ERRORS: dict[str, str] = {
    ErrorKind.DNS: "DNS: no address for the name",
    ErrorKind.CONNECT: "Connect: nobody answered there",
    ErrorKind.RESET: "Reset: the connection broke",
    ErrorKind.TIMEOUT: "Time-out",
    ErrorKind.TLS: "TLS",
    ErrorKind.REDIRECT: "Redirect",
    ErrorKind.REFUSED_ADDRESS: "Refused address",
    ErrorKind.HTTP: "HTTP status",
    ErrorKind.FAULT: "Fault in the answer",
    ErrorKind.PROTOCOL: "No proper answer",
    ErrorKind.LOST: "Lost with its worker",
    ErrorKind.REQUEST: "The request could not be written",
}
REMARKED: dict[str, str] = {REMARK: "Any remark"} | {
    f"{REMARK}:{code}": label for code, label in LABELS.items()
}
MET_WITH = ERRORS | REMARKED


def answer_of(attempt: Attempt) -> str:
    """Write the result of an attempt."""
    line = status_line(attempt.status, attempt.status_reason) if attempt.status else ""
    return attempt.error or (f"{line}: delivered." if line else "Delivered.")


def in_short(attempt: Attempt) -> str:
    """Write the same for a list, where the first remark is worth more than the status of a success."""
    return attempt.remarks[0].first_sentence if attempt.remarks and not attempt.error else answer_of(attempt)
