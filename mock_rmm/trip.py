"""An alert's trip: raised as a ticket here, and cleared when a callout says that the ticket is complete."""

import logging
from datetime import UTC, datetime

from mock_rmm.alerts import Alert, new_alert
from mock_rmm.callout import Callout
from mock_rmm.gateway import Trouble
from mock_rmm.journal import Entry, Search
from mock_rmm.rmm import Rmm
from mock_rmm.timeline import is_about

log = logging.getLogger(__name__)

MOST_SHOWN = 200


def raise_alert(rmm: Rmm, device: str, message: str, endpoint: str, *, now: datetime) -> Alert | Trouble:
    """Create the alert's ticket in the portal. Without a ticket there is no alert."""
    alert = new_alert(device, message, endpoint, now)
    # Known before its ticket is: the callout of the ticket's creation may be here before the API's answer
    rmm.alerts.add(alert)
    ticket = rmm.gateway.create_ticket(alert, rmm.settings.udf_names[endpoint])
    if isinstance(ticket, Trouble):
        rmm.alerts.remove(alert.id)
        log.warning("no ticket for a new alert: %s", ticket.sentence)
        return ticket
    log.info("alert %s: ticket %d", alert.id, ticket.id)
    # Not `now`: the API took its time
    return rmm.alerts.know_ticket(alert.id, ticket.id, ticket.number, datetime.now(UTC)) or alert


def act_on(rmm: Rmm, callout: Callout, now: datetime) -> str:
    """Do what a callout asks for; return a sentence on what was done."""
    alert = rmm.alerts.named_by(callout)
    if alert is None:
        return "Received. No alert here knows this ticket."
    alert = rmm.alerts.know_ticket(alert.id, _ticket_id(callout), callout.number.strip(), now) or alert
    if not callout.says_complete:
        return f"Received. Alert {alert.id} stays {alert.state}."
    if not rmm.alerts.clear(alert.id, now):
        return f"Received. Alert {alert.id} was cleared before."
    log.info("alert %s: cleared", alert.id)
    rmm.notes.want(alert.id)
    return f"Received. Alert {alert.id} is cleared."


def callouts_of(rmm: Rmm, alert: Alert) -> list[Entry]:
    """The newest requests about an alert, oldest first, those that were refused or got a fault too."""
    ticket_id = "" if alert.ticket_id is None else str(alert.ticket_id)
    found = {
        entry.id: entry
        for text in (alert.id, alert.ticket_number, ticket_id)
        if text
        for entry in rmm.journal.search(Search(text=text), limit=MOST_SHOWN)
        if is_about(entry, alert)
    }
    return [found[entry_id] for entry_id in sorted(found)][-MOST_SHOWN:]


def attempts_of(rmm: Rmm, entry: Entry) -> list[Entry]:
    """The requests of the same delivery, oldest first, itself among them; none when it names no delivery."""
    if not entry.webhook_id:
        return []
    return rmm.journal.search(Search(webhook_id=entry.webhook_id), limit=MOST_SHOWN)[::-1]


def _ticket_id(callout: Callout) -> int | None:
    text = callout.id.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None  # noqa: PLR2004 (64 bits)
