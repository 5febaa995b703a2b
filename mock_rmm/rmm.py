"""All that one mock RMM remembers, in one place. It lives in the process's memory and ends with it."""

import secrets
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from flask import current_app

from mock_rmm.alerts import Alerts
from mock_rmm.connection import HeldConnections
from mock_rmm.credentials import Credentials, SharedCredentials
from mock_rmm.endpoints.receiver import Receiver
from mock_rmm.endpoints.receivers import Receivers
from mock_rmm.gateway import TicketGateway
from mock_rmm.journal import Journal
from mock_rmm.notes import NoteWriter
from mock_rmm.rules.rules import Rules
from mock_rmm.rules.scenarios import Stage
from mock_rmm.settings import Settings
from mock_rmm.streams import Streams

EXTENSION = "mock_rmm"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Rmm:
    settings: Settings
    journal: Journal
    alerts: Alerts
    rules: Rules
    stage: Stage
    credentials: SharedCredentials
    gateway: TicketGateway
    notes: NoteWriter
    streams: Streams
    waits: Streams  # callers who wait for requests: each keeps a thread too
    receivers: Receivers = field(default_factory=Receivers)
    held: HeldConnections = field(default_factory=HeldConnections)
    stopping: threading.Event = field(default_factory=threading.Event)
    born: str = field(default_factory=lambda: secrets.token_hex(4))
    """So that a page that outlives its mock doesn't take the next one's counts for its own."""

    @classmethod
    def of(cls, settings: Settings) -> "Rmm":
        alerts, gateway, rules = Alerts(), TicketGateway(settings), Rules()
        return cls(
            settings=settings,
            journal=Journal(
                most_entries=settings.journal_entries,
                most_bytes=settings.journal_mib * MIB,
                path=settings.journal,
            ),
            alerts=alerts,
            rules=rules,
            stage=Stage(rules),
            credentials=SharedCredentials(Credentials(settings.username, settings.password)),
            gateway=gateway,
            notes=NoteWriter(alerts, gateway, attempts=settings.note_attempts, pause=settings.note_pause),
            streams=Streams(settings.threads),
            waits=Streams(settings.threads),
            receivers=Receivers(settings.receivers),
        )

    def credentials_of(self, receiver: Receiver) -> Credentials:
        """Those that a receiver requires: its own, or else the mock's; a scenario may have changed the password."""
        contract = receiver.contract
        usual = (
            Credentials(contract.username, contract.password)
            if contract.username
            else self.credentials.current
        )
        password = self.stage.password_of(receiver.name, datetime.now(UTC))
        return usual if password is None else replace(usual, password=password)

    def answer_as_usual(self) -> None:
        """Remove every rule and stop every scenario."""
        self.stage.stop_all()
        self.rules.clear()

    @property
    def version(self) -> str:
        """Another text after each change that the live page shows."""
        changing = (self.journal, self.alerts, self.receivers, self.rules, self.stage)
        return ".".join([self.born, *(str(each.version) for each in changing)])

    def stop(self) -> None:
        """End what waits: delays of answers, held connections, and notes for the portal."""
        self.stopping.set()
        self.held.stop()
        self.notes.stop()
        self.journal.stop()


def current_rmm() -> Rmm:
    rmm: Rmm = current_app.extensions[EXTENSION]
    return rmm
