"""One run: everything is started, tickets are completed while things go wrong, and the books are read."""

import time
from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.core.tickets import LISTS
from portal.core.verdicts import ErrorKind
from portal.db.engine import db
from portal.models import Delivery
from portal.models.delivery import DELIVERED, FAILED, OPEN_STATES
from tests.chaos import books
from tests.chaos.clients import Clients, steps
from tests.chaos.ground import Ground, ground
from tests.chaos.plan import RESEND_LIMIT, Plan
from tests.chaos.programs import Programs
from tests.chaos.trouble import Trouble
from tests.servers import wait_until

_LABELS = {value: label for value, label, _ in LISTS["status"][1]}
CALLOUTS = {"Acme RMM": frozenset({DELIVERED, FAILED}), "Other RMM": frozenset({FAILED})}


@dataclass
class Report:
    """What a run found. ``wrong`` has a sentence for each line of the ledger that doesn't add up."""

    plan: Plan
    load_seconds: float = 0.0
    settle_seconds: float = 0.0
    changes: int = 0
    repeated_calls: dict[str, int] = field(default_factory=dict)
    happened: dict[str, int] = field(default_factory=dict)
    states: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    repeats: dict[str, int] = field(default_factory=dict)
    lost_attempts: int = 0
    stale_results: int = 0
    notes: int = 0
    notifications: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def closes(self) -> bool:
        return not self.wrong


def run(plan: Plan) -> Report:
    with ground(plan) as each:
        return run_on(each)


def run_on(each: Ground) -> Report:
    plan = each.plan
    report = Report(plan)
    programs = Programs(each)
    clients = Clients(each)
    trouble = Trouble(each, programs, clients)
    try:
        programs.start()
        begun = time.monotonic()
        clients.start()
        trouble.start()
        clients.join()
        trouble.stop()
        report.load_seconds = time.monotonic() - begun
        report.wrong += clients.failures + trouble.failures
        try:
            wait_until(_nothing_is_open, plan.settle_seconds, "all deliveries have ended")
        except AssertionError as error:
            report.wrong.append(str(error))
        report.settle_seconds = time.monotonic() - begun - report.load_seconds
    finally:
        programs.stop()
    report.changes = clients.changes
    report.repeated_calls = dict(clients.repeated)
    report.happened = dict(sorted(trouble.happened.items()))
    report.stale_results = programs.count_in_logs("result=stale")
    _count(report, read(each))
    return report


def read(each: Ground) -> books.Books:
    """Read the books of both sides."""
    with Session(db.engine) as session:
        return books.Books(
            asked={
                ticket_id: [_LABELS[status] for status in steps(place)]
                for place, ticket_id in enumerate(each.tickets)
            },
            changes=books.read_changes(session),
            callouts=tuple(CALLOUTS),
            rows=books.read_rows(session, CALLOUTS),
            journal=list(each.receiver.journal),
            notes=books.read_notes(session),
            mails=books.read_mails(session),
            most_attempts=RESEND_LIMIT + 1,
        )


def _count(report: Report, found: books.Books) -> None:
    report.states = dict(Counter(row.state for row in found.rows))
    report.requests = dict(Counter(each.mood for each in found.journal).most_common())
    report.repeats = dict(Counter(why for _, _, why in books.repeats(found)))
    report.lost_attempts = sum(kind == ErrorKind.LOST for kind in found.tries.values())
    report.notes, report.notifications = sum(found.notes.values()), sum(found.mails.values())
    report.wrong += books.problems(found)


def _nothing_is_open() -> bool:
    try:
        with Session(db.engine) as session:
            count = select(func.count()).where(Delivery.state.in_(OPEN_STATES))
            return session.scalar(count) == 0
    except DBAPIError:
        return False  # the database has just come back
