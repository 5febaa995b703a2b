"""An alert's whole trip, as moments in the order in which they happened: pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mock_rmm.alerts import Alert
from mock_rmm.journal import Entry


@dataclass(frozen=True)
class Moment:
    at: datetime
    kind: str
    """raised, ticket, callout, cleared or note"""
    sentence: str
    entry: Entry | None = None
    since: timedelta | None = None
    """How long after the moment before it."""


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
    return [
        replace(moment, since=moment.at - before.at if before else None)
        for moment, before in zip(moments, [None, *moments], strict=False)
    ]


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
    return f"Callout{attempt}{says}: {answer_words(entry)}"


def answer_words(entry: Entry) -> str:
    if entry.answered_at is None:
        return "being answered"
    if entry.answer_status is None:
        return "no answer, the connection was ended"
    if not entry.authorised:
        return f"refused with {entry.answer_status}, wrong user name or password"
    return f"answered {entry.answer_status}"


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
    if minutes < 60:  # noqa: PLR2004 (an hour)
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
