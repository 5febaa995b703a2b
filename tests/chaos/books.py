"""The ledger of a run: what clients asked for, what the database says, and what the receiver wrote down.

``problems`` is pure: it takes the books and gives a sentence for each line that doesn't add up.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.core.tickets import WORKFLOW_ACTION_NOTE
from portal.core.verdicts import ErrorKind
from portal.models import Attempt, Delivery, Message, TicketHistory, TicketNote
from portal.models.delivery import DELIVERED, FAILED
from tests.chaos.flaky import BUSY, OK, RESET, SLOW, Arrival

# Kinds of an attempt whose request may have been taken all the same.
_ANSWER_LOST = frozenset({ErrorKind.TIMEOUT.value, ErrorKind.RESET.value})
_STATUS = {OK: 200, SLOW: 200, BUSY: 503, RESET: None}


@dataclass(frozen=True, slots=True)
class Row:
    """A delivery. ``tries`` are the kinds of error of its attempts by number; "" is a success."""

    id: int
    uid: str
    ticket_id: int
    callout: str
    status: str
    state: str
    attempts: int
    told: bool
    tries: tuple[tuple[int, str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Books:
    """``asked`` are the statuses that clients were told are done, by ticket; ``changes`` those in the history."""

    asked: dict[int, list[str]]
    changes: dict[int, list[str]]
    callouts: tuple[str, ...]
    rows: list[Row]
    journal: Sequence[Arrival]
    notes: dict[int, int]
    mails: dict[int, int]
    most_attempts: int
    tries: dict[tuple[str, int], str] = field(init=False)

    def __post_init__(self) -> None:
        kinds = {(row.uid, number): kind for row in self.rows for number, kind, _ in row.tries}
        object.__setattr__(self, "tries", kinds)


def problems(books: Books) -> list[str]:
    """Say where the ledger doesn't close; empty when it does."""
    checks = (_changes, _ends, _attempts, _arrivals, _order, _endings_told)
    return [sentence for check in checks for sentence in check(books)] + [
        f"{uid} came again as attempt {number}, and nothing explains it."
        for uid, number, why in repeats(books)
        if why == UNEXPLAINED
    ]


UNEXPLAINED = "unexplained"


def repeats(books: Books) -> list[tuple[str, int, str]]:
    """Give every request that came after the receiver had taken its delivery already, and why it did."""
    found = []
    taken: dict[str, int] = {}
    for each in books.journal:
        first = taken.get(each.uid)
        if first is not None:
            found.append((each.uid, each.attempt, _why(books, each.uid, first, each.attempt)))
        if each.taken:
            taken[each.uid] = each.attempt
    return found


def _why(books: Books, uid: str, taken: int, again: int) -> str:
    """The attempt that was taken ended unseen; or the one that came late is one that was given up as lost."""
    kind = books.tries.get((uid, min(taken, again)), "")
    if taken == again:
        return UNEXPLAINED
    if kind == ErrorKind.LOST:
        return "a worker ended"
    return "its answer was lost" if taken < again and kind in _ANSWER_LOST else UNEXPLAINED


def _changes(books: Books) -> Iterator[str]:
    for ticket_id, asked in books.asked.items():
        if books.changes.get(ticket_id, []) != asked:
            yield f"Ticket {ticket_id}: asked for {asked}, its history has {books.changes.get(ticket_id)}."
    made: dict[tuple[int, str], list[str]] = defaultdict(list)
    for row in books.rows:
        made[row.ticket_id, row.callout].append(row.status)
    for ticket_id, changes in books.changes.items():
        for callout in books.callouts:
            if made.pop((ticket_id, callout), []) != changes:
                yield f"Ticket {ticket_id}: the deliveries to {callout} are not those of its changes {changes}."
    for ticket_id, callout in made:
        yield f"Ticket {ticket_id}: there are deliveries to {callout} and no change."


def _ends(books: Books) -> Iterator[str]:
    for row in books.rows:
        if row.state not in {DELIVERED, FAILED}:
            yield f"Delivery {row.id} is {row.state}."
        if row.state == FAILED and row.attempts != books.most_attempts:
            yield f"Delivery {row.id} was given up after {row.attempts} attempts."
        if row.attempts > books.most_attempts:
            yield f"Delivery {row.id} had {row.attempts} attempts."


def _attempts(books: Books) -> Iterator[str]:
    for row in books.rows:
        numbers = [number for number, _, _ in row.tries]
        if numbers != list(range(1, row.attempts + 1)):
            yield f"Delivery {row.id} had {row.attempts} attempts, and {numbers} are recorded."
        successes = [number for number, kind, _ in row.tries if not kind]
        if successes != ([row.attempts] if row.state == DELIVERED else []):
            yield f"Delivery {row.id} is {row.state}, and its attempts {successes} succeeded."


def _arrivals(books: Books) -> Iterator[str]:
    arrived = {(each.uid, each.attempt): each for each in books.journal}
    for (uid, number), times in Counter((each.uid, each.attempt) for each in books.journal).items():
        if times > 1:
            yield f"{uid}: attempt {number} came {times} times."
        if (uid, number) not in books.tries:
            yield f"{uid}: attempt {number} came, and there is no record of it."
    uids = {each.uid for each in books.journal}
    for row in books.rows:
        if row.uid not in uids:
            yield f"Delivery {row.id} ({row.uid}) never came to the receiver."
        for number, _, status in row.tries:
            if status is None:
                continue
            came = arrived.get((row.uid, number))
            if came is None or _STATUS.get(came.mood) != status:
                yield f"Delivery {row.id}: attempt {number} is recorded as HTTP {status}, the receiver has {came}."


def _order(books: Books) -> Iterator[str]:
    """What came of a ticket's earlier change is known before its later one is first sent."""
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for place, each in enumerate(books.journal):
        first.setdefault(each.uid, place)
        # one that was given up as lost may still be on its way when the next one goes out
        if books.tries.get((each.uid, each.attempt)) != ErrorKind.LOST:
            last[each.uid] = place
    earlier: dict[tuple[int, str], Row] = {}
    for row in sorted(books.rows, key=lambda each: each.id):
        before = earlier.get((row.ticket_id, row.callout))
        earlier[row.ticket_id, row.callout] = row
        if before and last.get(before.uid, -1) > first.get(row.uid, len(books.journal)):
            yield f"Ticket {row.ticket_id}: delivery {row.id} came before {before.id} had ended."


def _endings_told(books: Books) -> Iterator[str]:
    told = Counter(row.ticket_id for row in books.rows if row.told)
    for ticket_id in {*told, *books.notes}:
        if told[ticket_id] != books.notes.get(ticket_id, 0):
            yield f"Ticket {ticket_id}: {told[ticket_id]} ends to tell, {books.notes.get(ticket_id, 0)} notes."
    for row in books.rows:
        if books.mails.get(row.id, 0) != row.told:
            yield f"Delivery {row.id}: {books.mails.get(row.id, 0)} notifications instead of {row.told:d}."


def read_rows(session: Session, told: dict[str, frozenset[str]]) -> list[Row]:
    """Read the deliveries. ``told`` are the states of which a callout's recipients hear."""
    tries: dict[int, list[tuple[int, str, int | None]]] = defaultdict(list)
    query = select(Attempt.delivery_id, Attempt.number, Attempt.error_kind, Attempt.status)
    for delivery_id, *one in session.execute(query.order_by(Attempt.delivery_id, Attempt.number)):
        tries[delivery_id].append(tuple(one))
    return [
        Row(
            each.id,
            each.uid,
            each.ticket_id,
            each.callout_name,
            json.loads(each.fields)["status"],
            each.state,
            each.attempt_count,
            each.state in told[each.callout_name],
            tuple(tries[each.id]),
        )
        for each in session.scalars(select(Delivery).order_by(Delivery.id))
    ]


def read_changes(session: Session) -> dict[int, list[str]]:
    changes: dict[int, list[str]] = defaultdict(list)
    query = select(TicketHistory.ticket_id, TicketHistory.new).filter_by(field="Status")
    for ticket_id, new in session.execute(query.order_by(TicketHistory.id)):
        changes[ticket_id].append(new)
    return dict(changes)


def read_notes(session: Session) -> dict[int, int]:
    query = select(TicketNote.ticket_id, func.count()).filter_by(note_type=WORKFLOW_ACTION_NOTE)
    return dict(session.execute(query.group_by(TicketNote.ticket_id)).all())


def read_mails(session: Session) -> dict[int, int]:
    query = select(Message.delivery_id, func.count()).where(Message.delivery_id.is_not(None))
    return dict(session.execute(query.group_by(Message.delivery_id)).all())
