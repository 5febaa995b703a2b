"""The alerts, and the only code that changes their state.

open -> cleared, once and for good; then the note's id arrives
"""

import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mock_rmm.callout import Callout


@dataclass(frozen=True)
class Alert:
    id: str
    device: str
    message: str
    endpoint: str  # its callout's, which the JSON API calls `door`
    raised_at: datetime
    ticket_id: int | None = None
    ticket_number: str = ""
    ticket_at: datetime | None = None  # when the ticket first became known
    cleared_at: datetime | None = None
    note_id: int | None = None
    note_at: datetime | None = None
    note_problem: str = ""  # why the note isn't on the ticket yet

    @property
    def state(self) -> str:
        return "open" if self.cleared_at is None else "cleared"


def new_alert(device: str, message: str, endpoint: str, now: datetime) -> Alert:
    # Random rather than counted: the portal keeps its tickets when the mock forgets its alerts
    return Alert("ALERT-" + secrets.token_hex(5).upper(), device, message, endpoint, raised_at=now)


class Alerts:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._alerts: dict[str, Alert] = {}
        self._by_ticket: dict[str, str] = {}
        self.version = 0  # another number after each change

    def add(self, alert: Alert) -> None:
        with self._lock:
            self._keep(alert)

    def remove(self, alert_id: str) -> None:
        with self._lock:
            self._alerts.pop(alert_id, None)
            self.version += 1

    def get(self, alert_id: str) -> Alert | None:
        with self._lock:
            return self._alerts.get(alert_id)

    def newest_first(self) -> list[Alert]:
        with self._lock:
            return list(self._alerts.values())[::-1]

    def know_ticket(self, alert_id: str, ticket_id: int | None, number: str, now: datetime) -> Alert | None:
        """Store an alert's ticket; what is known already stays."""
        with self._lock:
            alert = self._alerts.get(alert_id)
            if alert is None:
                return None
            known = alert.ticket_id if alert.ticket_id is not None else ticket_id
            number, first = alert.ticket_number or number, alert.ticket_at or now
            return self._keep(replace(alert, ticket_id=known, ticket_number=number, ticket_at=first))

    def named_by(self, callout: Callout) -> Alert | None:
        """The alert that a callout is about: by its own id in the UDF, else by its ticket's id or number."""
        tickets = ("id " + callout.id.strip(), "number " + callout.number.strip())
        with self._lock:
            names = (callout.udf.strip(), *(self._by_ticket.get(each, "") for each in tickets))
            return next((self._alerts[name] for name in names if name in self._alerts), None)

    def clear(self, alert_id: str, now: datetime) -> bool:
        """Clear an open alert; say whether it was this call that did it."""
        with self._lock:
            alert = self._alerts.get(alert_id)
            if alert is None or alert.cleared_at is not None:
                return False
            self._keep(replace(alert, cleared_at=now))
            return True

    def amend(self, alert_id: str, **changes: Any) -> None:
        with self._lock:
            alert = self._alerts.get(alert_id)
            if alert is not None:
                self._keep(replace(alert, **changes))

    def _keep(self, alert: Alert) -> Alert:
        """The caller holds the lock."""
        self._alerts[alert.id] = alert
        if alert.ticket_id is not None:
            self._by_ticket[f"id {alert.ticket_id}"] = alert.id
        if alert.ticket_number:
            self._by_ticket[f"number {alert.ticket_number}"] = alert.id
        self.version += 1
        return alert
