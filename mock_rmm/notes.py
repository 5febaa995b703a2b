"""Adds the "Alert cleared" notes, in the background: the answer to a callout doesn't wait for the portal.

Each is tried a number of times with a pause between. A note that failed waits aside; others go first.
"""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from mock_rmm.alerts import Alerts
from mock_rmm.gateway import TicketGateway, Trouble

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Due:
    at: float
    alert_id: str
    tries: int = 0
    uncertain: bool = False


class NoteWriter:
    def __init__(self, alerts: Alerts, gateway: TicketGateway, *, attempts: int, pause: float) -> None:
        self._alerts = alerts
        self._gateway = gateway
        self._attempts = attempts
        self._pause = pause
        self._changed = threading.Condition()
        self._waiting: list[_Due] = []
        self._thread: threading.Thread | None = None
        self._stopped = False

    def want(self, alert_id: str) -> None:
        self._put(_Due(time.monotonic(), alert_id))

    def stop(self) -> None:
        """Stop after the note in hand; those still waiting are lost with the rest of the mock's memory."""
        with self._changed:
            self._stopped = True
            if self._waiting:
                log.warning("%d notes were still to be added when the mock RMM stopped.", len(self._waiting))
            self._changed.notify_all()

    def _put(self, due: _Due) -> None:
        with self._changed:
            self._waiting.append(due)
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name="notes", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        while (due := self._next()) is not None:
            try:
                self._write(due)
            except Exception:
                # A bug here must cost one note, not every note after it
                log.exception("alert %s: its note can't be added", due.alert_id)

    def _next(self) -> _Due | None:
        with self._changed:
            while not self._stopped:
                now = time.monotonic()
                first = min(self._waiting, key=lambda due: due.at, default=None)
                if first is not None and first.at <= now:
                    self._waiting.remove(first)
                    return first
                self._changed.wait(None if first is None else first.at - now)
        return None

    def _write(self, due: _Due) -> None:
        alert = self._alerts.get(due.alert_id)
        if alert is None or alert.note_id is not None:
            return
        if alert.ticket_id is None:
            # The callout came before the API's answer, and without the ticket's id
            self._try_again(due, Trouble("The ticket's id isn't known yet."))
            return
        outcome: int | Trouble | None = None
        if due.uncertain:
            outcome = self._gateway.find_note(alert, alert.ticket_id)
        if outcome is None:
            outcome = self._gateway.add_note(alert, alert.ticket_id)
        if isinstance(outcome, Trouble):
            self._try_again(due, outcome)
        else:
            self._alerts.amend(alert.id, note_id=outcome, note_at=datetime.now(UTC), note_problem="")
            log.info("alert %s: note %d is on ticket %d", alert.id, outcome, alert.ticket_id)

    def _try_again(self, due: _Due, trouble: Trouble) -> None:
        self._alerts.amend(due.alert_id, note_problem=trouble.sentence)
        tries = due.tries + 1
        count = f"try {tries} of {self._attempts}"
        log.warning("alert %s: no note yet, %s: %s", due.alert_id, count, trouble.sentence)
        if tries < self._attempts:
            later = time.monotonic() + self._pause
            self._put(_Due(later, due.alert_id, tries, due.uncertain or trouble.uncertain))
