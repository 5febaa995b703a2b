"""An alert's trip: raised as a ticket here, and cleared when a callout says that the ticket is complete."""

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mock_rmm.alerts import Alert, new_alert
from mock_rmm.callout import Callout
from mock_rmm.gateway import Trouble
from mock_rmm.journal import Entry, Search
from mock_rmm.rmm import Rmm

log = logging.getLogger(__name__)

MOST_SHOWN = 200


@dataclass(frozen=True)
class Moment:
    at: datetime
    kind: str  # raised, ticket, callout, cleared or note
    sentence: str
    entry: Entry | None = None
    since: timedelta | None = None  # how long after the moment before it


def moments_of(alert: Alert, callouts: Iterable[Entry]) -> list[Moment]:
    """What happened to the alert. `callouts` are the requests about it, failed ones too."""
    moments = [Moment(alert.raised_at, "raised", f"Alert raised for {alert.device}: {alert.message}")]
    if alert.ticket_at is not None:
        name = alert.ticket_number or f"with the id {alert.ticket_id}"
        moments.append(Moment(alert.ticket_at, "ticket", f"Ticket {name} created"))
    moments += [Moment(entry.received_at, "callout", callout_words(entry), entry) for entry in callouts]
    if alert.cleared_at is not None:
        moments.append(Moment(alert.cleared_at, "cleared", "Alert cleared: a callout said Complete"))
    if alert.note_at is not None:
        moments.append(Moment(alert.note_at, "note", f"Note {alert.note_id} added to the ticket"))
    moments.sort(key=lambda moment: moment.at)
    pairs = zip(moments, [None, *moments], strict=False)
    return [replace(each, since=each.at - before.at if before else None) for each, before in pairs]


def expected(alert: Alert) -> str:
    """What the trip still lacks, if anything."""
    if alert.cleared_at is None:
        return "Waiting for a callout that says Complete. Complete the ticket in the portal to send one."
    if alert.note_id is None:
        return alert.note_problem or "The note that the alert is cleared is on its way to the ticket."
    return ""


def is_about(entry: Entry, alert: Alert) -> bool:
    """Whether a request names the alert, as the alerts themselves are found: by the UDF, else by the ticket."""
    fields = entry.fields
    if fields.get("udf", "").strip() == alert.id:
        return True
    by_id = alert.ticket_id is not None and fields.get("id", "").strip() == str(alert.ticket_id)
    return by_id or (bool(alert.ticket_number) and fields.get("number", "").strip() == alert.ticket_number)


def callout_words(entry: Entry) -> str:
    attempt = f", attempt {entry.attempt}," if entry.attempt else ""
    status = entry.fields.get("status", "").strip()
    says = f" says {status}" if status else " without a status"
    answer = f"answered {entry.answer_status}"
    if entry.answered_at is None:
        answer = "being answered"
    elif entry.answer_status is None:
        answer = "no answer, the connection was ended"
    elif not entry.authorised:
        answer = f"refused with {entry.answer_status}, wrong user name or password"
    return f"Callout{attempt}{says}: {answer}"


def long_words(span: timedelta) -> str:
    """A length of time as one would say it: 42 ms, 3.1 s, 2 min 5 s, 1 h 12 min."""
    seconds = max(0.0, span.total_seconds())
    if seconds < 0.001:  # noqa: PLR2004 (the least that is shown)
        return "under 1 ms"
    if seconds < 1:
        return f"{math.floor(seconds * 1000)} ms"
    if seconds < 60:  # noqa: PLR2004 (a minute)
        return f"{math.floor(seconds * 10) / 10} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004 (an hour)


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
