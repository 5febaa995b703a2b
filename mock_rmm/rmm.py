"""All that one mock RMM remembers, in one place. It lives in the process's memory and ends with it."""

import secrets
import threading
from dataclasses import replace
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


class Rmm:
    def __init__(self, settings: Settings) -> None:
        most, most_bytes = settings.journal_entries, settings.journal_mib * MIB
        self.settings = settings
        self.journal = Journal(most_entries=most, most_bytes=most_bytes, path=settings.journal)
        self.alerts, self.gateway, self.rules = Alerts(), TicketGateway(settings), Rules()
        self.stage = Stage(self.rules)
        self.credentials = SharedCredentials(Credentials(settings.username, settings.password))
        self.notes = NoteWriter(
            self.alerts, self.gateway, attempts=settings.note_attempts, pause=settings.note_pause
        )
        self.streams = Streams(settings.threads)
        self.waits = Streams(settings.threads)  # callers who wait for requests: each keeps a thread too
        self.receivers = Receivers(settings.receivers)
        self.held = HeldConnections()
        self.stopping = threading.Event()
        # So that a page that outlives its mock doesn't take the next one's counts for its own
        self.born = secrets.token_hex(4)

    def credentials_of(self, receiver: Receiver) -> Credentials:
        """Those that a receiver requires: its own, or else the mock's; a scenario may have changed the password."""
        contract, usual = receiver.contract, self.credentials.current
        if contract.username:
            usual = Credentials(contract.username, contract.password)
        password = self.stage.password_of(receiver.name, datetime.now(UTC))
        return usual if password is None else replace(usual, password=password)

    def answer_as_usual(self) -> None:
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
