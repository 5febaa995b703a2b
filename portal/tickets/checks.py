"""Whether a ticket's values can be accepted, and if not, why: a sentence for each field."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.core.eastern import is_day
from portal.core.numbers import is_plain_number
from portal.core.problems import Invalid
from portal.core.texts import as_line
from portal.core.tickets import MAX_DESCRIPTION, MAX_TITLE, NOTE_TYPES, PUBLISH
from portal.models import Company, PicklistValue, Resource, Ticket, Udf
from portal.models.base import MAX_ID
from portal.models.udf import DATE, LIST, MAX_UDF_VALUE, NUMBER, TEXT
from portal.tickets.fields import FIELDS, TicketField, udf_field

_MAX_LENGTH = {"title": MAX_TITLE, "description": MAX_DESCRIPTION, "resolution": 32_000, "external_id": 100}
_MAX_NOTE_TITLE, _MAX_NOTE = 250, 32_000
_NUMBERED = frozenset({"picklist", "company", "resource"})


def check(
    session: Session, values: Mapping[str, Any], udfs: Mapping[int, str | None], *, ticket: Ticket | None
) -> tuple[dict[str, Any], dict[int, str]]:
    """Give the values as they are to be stored. ``ticket`` is None for a new one. Raises Invalid.

    Only fields that are in ``values`` are checked; a value that the ticket already has is never refused,
    even when it has been deactivated since.
    """
    problems: dict[str, str] = {}
    checked: dict[str, Any] = {}
    for name, field in FIELDS.items():
        if name not in values:
            if ticket is None and field.required:
                problems[name] = f"{field.label} is required."
            continue
        value = _TIDIED.get(name, tidy)(values[name]) if isinstance(values[name], str) else values[name]
        problem = _problem(session, field, value, getattr(ticket, name, None))
        if problem:
            problems[name] = problem
        empty = "" if field.kind == "text" else None
        checked[name] = empty if value in {None, ""} else value
    checked_udfs = {
        udf_id: _checked_udf(session, udf_id, value or "", ticket, problems) for udf_id, value in udfs.items()
    }
    if problems:
        raise Invalid(problems)
    return checked, checked_udfs


def tidy(text: str) -> str:
    """Strip a text, and end its lines with LF: a browser ends them with CR LF, and that alone is no change."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def untidied(text: str) -> str:
    """Keep an id of another system exactly as it came: that system looks for it again. Blanks alone are no value."""
    return text if text.strip() else ""


_TIDIED = {"title": as_line, "external_id": untidied}


def note_problems(title: str, description: str, note_type: int, publish: int) -> dict[str, str]:
    problems = {}
    if note_type not in NOTE_TYPES:
        problems["note_type"] = f"Note type {note_type} does not exist."
    if publish not in PUBLISH:
        problems["publish"] = f"Publish {publish} does not exist; choose one of {sorted(PUBLISH)}."
    for name, label, text, most in (
        ("title", "Title", title, _MAX_NOTE_TITLE),
        ("description", "Description", description, _MAX_NOTE),
    ):
        if not text.strip():
            problems[name] = f"{label} is required."
        elif problem := _text_problem(label, text, most):
            problems[name] = problem
    return problems


def _problem(session: Session, field: TicketField, value: Any, current: Any) -> str | None:
    if value is None or value == "":
        return f"{field.label} is required." if field.required else None
    if value == current:
        return None
    if field.kind in _NUMBERED and not (isinstance(value, int) and abs(value) <= MAX_ID):
        return f"{field.label} is chosen by a whole number."
    match field.kind:
        case "text":
            return _text_problem(field.label, value, _MAX_LENGTH[field.name])
        case "picklist":
            query = select(PicklistValue).filter_by(list_name=field.name, value=value, active=True)
            return None if session.scalar(query) else f"{field.label} has no active value {value}."
        case "company":
            company = session.get(Company, value)
            return None if company and company.active else f"There is no active company with the id {value}."
        case "resource":
            resource = session.get(Resource, value)
            return (
                None if resource and resource.active else f"There is no active resource with the id {value}."
            )
        case "date":
            aware = isinstance(value, datetime) and value.tzinfo is not None
            return None if aware else "Write a date and a time."
        case _:
            raise AssertionError(field.kind)


def _text_problem(label: str, text: str, most: int) -> str | None:
    if len(text) > most:
        return f"{label} has {len(text):,} characters; at most {most:,} are kept. Shorten it."
    if "\x00" in text:
        return f"{label} holds a NUL character, which can't be stored. Remove it."
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{label} holds half of a character (a lone surrogate). Type it again."
    return None


def _checked_udf(
    session: Session, udf_id: int, text: str, ticket: Ticket | None, problems: dict[str, str]
) -> str:
    key = udf_field(udf_id)
    udf = session.get(Udf, udf_id) if abs(udf_id) <= MAX_ID else None
    text = untidied(text) if udf and udf.type == TEXT else tidy(text)
    current = next((each.value for each in ticket.udf_values if each.udf_id == udf_id), "") if ticket else ""
    if udf is None:
        problems[key] = f"There is no user-defined field with the id {udf_id}."
    elif text != current:
        problem = _udf_problem(udf, text)
        if problem:
            problems[key] = problem
    return text


def _udf_problem(udf: Udf, text: str) -> str | None:
    if not udf.active:
        return f"“{udf.name}” is inactive: its value can't be changed."
    if not text:
        return None
    if udf.type == NUMBER and not is_plain_number(text):
        return f"“{udf.name}” is a number: write digits, like 42 or 3.5."
    if udf.type == DATE and not is_day(text):
        return f"“{udf.name}” is a date: write it as year, month and day, like 2026-12-31."
    if udf.type == LIST and text not in udf.choices():
        return f"“{udf.name}” has no value “{text}”. Choose one of: {', '.join(udf.choices())}."
    return _text_problem(udf.name, text, MAX_UDF_VALUE)
