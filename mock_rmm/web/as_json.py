"""How the JSON API tells an alert, a journal entry and a fault."""

from base64 import b64encode
from typing import Any

from mock_rmm.alerts import Alert
from mock_rmm.callout import FIELDS
from mock_rmm.faults import Rule
from mock_rmm.journal import Entry
from mock_rmm.json_values import finding_json, time_json


def alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "state": alert.state,
        "device": alert.device,
        "message": alert.message,
        "door": alert.door,
        "raised_at": time_json(alert.raised_at),
        "ticket_id": alert.ticket_id,
        "ticket_number": alert.ticket_number or None,
        "cleared_at": time_json(alert.cleared_at),
        "note_id": alert.note_id,
        "note_problem": alert.note_problem or None,
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "received_at": time_json(entry.received_at),
        "receiver": entry.receiver or entry.door,
        "door": entry.door,
        "method": entry.method,
        "path": entry.path,
        "query": entry.query,
        "headers": dict(entry.headers),
        "body": entry.body.decode("utf-8", "replace"),
        "body_base64": _exact(entry.body),
        # A value that didn't come is null, one that came empty is ""
        "fields": {name: entry.fields.get(name) for name in FIELDS},
        "operation": entry.operation or None,
        "problem": entry.problem or None,
        "webhook_id": entry.webhook_id or None,
        "attempt": entry.attempt,
        "authorised": entry.authorised,
        "fault": entry.fault or None,
        "findings": [finding_json(finding) for finding in entry.findings],
        "answer_status": entry.answer_status,
        "answer_headers": dict(entry.answer_headers),
        "answer_body": entry.answer_body.decode("utf-8", "replace"),
        "answer_body_base64": _exact(entry.answer_body),
        "answered_at": time_json(entry.answered_at),
    }


def fault_json(rule: Rule, left: int | None) -> dict[str, Any]:
    """A rule in the short form, with how often it may still befall a request."""
    return {
        "door": rule.place,
        "fault": rule.fault,
        "status": rule.status,
        "seconds": rule.seconds,
        "body": rule.body,
        "times": left,
    }


def _exact(body: bytes) -> str | None:
    """The bytes themselves, where text can't carry them."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return b64encode(body).decode()
    return None
