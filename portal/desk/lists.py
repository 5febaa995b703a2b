"""Edit the lists that ticket fields choose from. Every function works in the caller's transaction."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.problems import Invalid, NotFound
from portal.core.texts import fold_name, line_problem, trimmed
from portal.core.tickets import DEFAULT_PRIORITY, LISTS, NEW
from portal.desk.rule_uses import named, rules_by_value
from portal.models import PicklistValue, Ticket

MAX_LABEL, MAX_VALUE = 50, 2**31 - 1
# a new ticket's defaults
_DEFAULTS = {"status": NEW, "priority": DEFAULT_PRIORITY}


@dataclass(frozen=True, slots=True)
class ValueEdit:
    """What an admin enters for a value that exists."""

    label: str
    place: int
    active: bool


@dataclass(frozen=True, slots=True)
class Uses:
    """The tickets that have a value, and the rules that compare with it, as part of a sentence."""

    tickets: int = 0
    rules: str = ""


def save_list(session: Session, list_name: str, edits: Mapping[int, ValueEdit]) -> int:
    """Change labels, order and activity of a list's values, by their ids; return how many changed.

    Values that are not named stay. Raises Invalid with problems keyed as "label:<id>". The caller
    commits.
    """
    rows = lock_list(session, list_name)
    edits = {each.id: edits[each.id] for each in rows if each.id in edits}
    problems = _edit_problems(rows, edits)
    if problems:
        raise Invalid(problems)
    before = {each.id: (each.label, each.sort, each.active) for each in rows}
    try:
        with session.begin_nested():
            _write(session, rows, edits)
    except IntegrityError as error:
        raise Invalid({"": "Somebody else changed this list a moment ago. Save again."}) from error
    return sum(before[each.id] != (each.label, each.sort, each.active) for each in rows)


def add_value(session: Session, list_name: str, label: str, value: int | None = None) -> PicklistValue:
    """Add a value at a list's end, with the next free number unless one is chosen. The caller commits.

    Raises Invalid.
    """
    rows = lock_list(session, list_name)
    label = label.strip()
    problems = {
        "label": _label_problem(label, [each.label for each in rows]),
        "value": _value_problem(value, rows),
    }
    found = {name: sentence for name, sentence in problems.items() if sentence}
    if found:
        raise Invalid(found)
    number = next_value(session, list_name, rows) if value is None else value
    row = PicklistValue(
        list_name=list_name,
        value=number,
        label=label,
        sort=max((each.sort for each in rows), default=-1) + 1,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise Invalid(
            {"label": f"“{label}” or the number {number} was added a moment ago. Look at the list."}
        ) from error
    return row


def delete_value(session: Session, list_name: str, row_id: int) -> str:
    """Delete a value that nothing uses, and return its label. Raises NotFound and Invalid."""
    row = next((each for each in lock_list(session, list_name) if each.id == row_id), None)
    if row is None:
        raise NotFound(f"There is no value with the id {row_id} in this list.")
    if reason := why_kept(row, uses_of(session, list_name).get(row.value, Uses())):
        raise Invalid({"": f"“{row.label}” can't be deleted: {reason}"})
    session.delete(row)
    session.flush()
    return row.label


def why_kept(row: PicklistValue, uses: Uses) -> str:
    """Say why a value can't be deleted, or ""."""
    if reason := why_active(row):
        return reason
    has = f"{uses.tickets:,} ticket{' has' if uses.tickets == 1 else 's have'} it" if uses.tickets else ""
    reasons = ", and ".join(filter(None, (has, uses.rules)))
    return f"{reasons}. Inactivate it instead: it is then no longer offered." if reasons else ""


def why_active(row: PicklistValue) -> str:
    """Say why a value can't be deactivated (nor deleted), or ""."""
    if row.system:
        return "the portal itself needs it."
    if _DEFAULTS.get(row.list_name) == row.value:
        return "a new ticket has it when nothing else is chosen."
    return ""


def uses_of(session: Session, list_name: str) -> dict[int, Uses]:
    """Return what uses each value of a list, without unused values."""
    column = getattr(Ticket, list_name)
    query = select(column, func.count()).where(column.is_not(None)).group_by(column)
    tickets: dict[int, int] = dict(session.execute(query).all())
    rules = {
        int(value): named(found)
        for value, found in rules_by_value(session, list_name).items()
        if value.removeprefix("-").isdigit()
    }
    return {value: Uses(tickets.get(value, 0), rules.get(value, "")) for value in tickets.keys() | rules}


def next_value(session: Session, list_name: str, rows: Collection[PicklistValue]) -> int:
    """Return the highest number of the list and its tickets plus one, or else the lowest free number."""
    used = {each.value for each in rows} | uses_of(session, list_name).keys()
    highest = max(used, default=0)
    if highest < MAX_VALUE:
        return max(1, highest + 1)
    return next(number for number in range(1, MAX_VALUE) if number not in used)


def lock_list(session: Session, list_name: str) -> list[PicklistValue]:
    """Load a list's values in order, and lock them until the commit. Raises NotFound."""
    if list_name not in LISTS:
        raise NotFound(f"There is no list {list_name}.")
    query = select(PicklistValue).filter_by(list_name=list_name).order_by(PicklistValue.id).with_for_update()
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    return sorted(rows, key=lambda each: (each.sort, each.label))


def _edit_problems(rows: Collection[PicklistValue], edits: Mapping[int, ValueEdit]) -> dict[str, str]:
    problems: dict[str, str] = {}
    for row in rows:
        edit = edits.get(row.id)
        if edit is None:
            continue
        label = trimmed(edit.label, row.label)
        others = [_label_after(other, edits) for other in rows if other.id != row.id]
        if row.system and label != row.label:
            problems[f"label:{row.id}"] = f"“{row.label}” is fixed: the portal itself needs it."
        elif label != row.label and (problem := _label_problem(label, others)):
            problems[f"label:{row.id}"] = problem
        if not edit.active and (reason := why_active(row)):
            problems[f"active:{row.id}"] = f"“{row.label}” stays active: {reason}"
    return problems


def _label_after(row: PicklistValue, edits: Mapping[int, ValueEdit]) -> str:
    return trimmed(edits[row.id].label, row.label) if row.id in edits else row.label


def _label_problem(label: str, others: Collection[str]) -> str | None:
    if not label:
        return "A label is required."
    if problem := line_problem("The label", label, MAX_LABEL):
        return problem
    if fold_name(label) in map(fold_name, others):
        return f"The list has “{label}” already. Choose another label."
    return None


def _value_problem(value: int | None, rows: Collection[PicklistValue]) -> str | None:
    if value is None:
        return None
    if not 1 <= value <= MAX_VALUE:
        return f"Choose a number from 1 to {MAX_VALUE:,}, or leave it empty for the next free one."
    other = next((each.label for each in rows if each.value == value), None)
    return (
        None if other is None else f"{value} is the number of “{other}”. Choose another, or leave it empty."
    )


def _write(session: Session, rows: list[PicklistValue], edits: Mapping[int, ValueEdit]) -> None:
    labels = {each.id: _label_after(each, edits) for each in rows}
    renamed = [each for each in rows if labels[each.id] != each.label]
    for row in renamed:
        # two labels may change places, and the database compares them row by row
        row.label = uuid.uuid4().hex
    session.flush()
    for row in renamed:
        row.label = labels[row.id]
    places = {each.id: edits[each.id].place if each.id in edits else each.sort + 1 for each in rows}
    ordered = sorted(rows, key=lambda each: places[each.id])
    for sort, row in enumerate(ordered):
        if ordered != rows:
            row.sort = sort
        if row.id in edits:
            row.active = edits[row.id].active
    session.flush()
