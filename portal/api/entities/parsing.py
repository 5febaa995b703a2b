"""What a client sent for a record, as the desk takes it: by column, with each value of its kind."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.api.entities.entity import Entity
from portal.api.entities.kinds import INTEGER, shortened
from portal.api.entities.record import Record, Refused, Serialized
from portal.api.xml_text import printable
from portal.core.eastern import read_day
from portal.models import Udf
from portal.models.udf import DATE, TEXT


def parse(
    entity: Entity, record: Record, current: Serialized | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the values to store, and the names of fields that the portal does not keep. Raises Refused.

    ``current`` is what the record holds now, or None for a new one. A client that changes one field sends back all
    that it read: what is the same as now, and read-only fields, are passed over.
    """
    known = {field.name: field for field in entity.fields}
    values: dict[str, Any] = {}
    not_kept: list[str] = []
    problems = [] if current else [f"{name} is required." for name in _missing(entity, record)]
    for name, text in record.values.items():
        field = known.get(name)
        if field is None:
            problems.append(f"{record.entity} has no field “{shortened(name)}”.")
        elif field.column is None:
            not_kept += [name] if text else []
        elif not field.read_only:
            try:
                value = field.kind.parse(text or "")
            except ValueError as error:
                problems.append(f"{name}: {error}")
                continue
            if current is None or not _is_same(current.values.get(name), value, exact=field.kind.exact):
                values[field.column] = value
    if problems:
        raise Refused(*problems)
    return values, tuple(not_kept)


def parse_udfs(
    session: Session, entity: Entity, record: Record, current: Serialized | None = None
) -> dict[int, str | None]:
    """Give the values of user-defined fields by id, without those that are as they were. Raises Refused."""
    if not record.udfs or not entity.has_udfs:
        return {}
    known = {udf.name: udf for udf in session.scalars(select(Udf).where(Udf.name.in_(record.udfs)))}
    unknown = [name for name in record.udfs if name not in known]
    if unknown:
        raise Refused(
            *(f"There is no user-defined field named “{shortened(name)}” for tickets." for name in unknown)
        )
    held = current.udfs if current else {}
    return {
        known[name].id: _day(value) if known[name].type == DATE else value
        for name, value in record.udfs.items()
        if not _is_same(held.get(name) or "", value or "", exact=known[name].type == TEXT)
    }


def record_id(record: Record) -> int:
    """Give the id of a record that is to be changed. Raises Refused."""
    try:
        number: int | None = INTEGER.parse(record.values.get("id") or "")
    except ValueError as error:
        raise Refused(f"id: {error}") from error
    if number is None:
        raise Refused("id is required, to say which record is meant.")
    return number


def _missing(entity: Entity, record: Record) -> list[str]:
    required = [field.name for field in entity.fields if field.required]
    return [name for name in required if not (record.values.get(name) or "").strip()]


def _is_same(current: Any, sent: Any, *, exact: bool) -> bool:
    """Say whether a client sent back what it had read. On its way through XML, a text may lose how its lines end.

    Where it is ``exact``, whatever else differs is meant, a blank at an end too.
    """
    if isinstance(current, str) and isinstance(sent, str):
        one, other = _plain(current), _plain(sent)
        return one == other if exact else one.strip() == other.strip()
    return bool(current == sent)


def _plain(text: str) -> str:
    return printable(text).replace("\r\n", "\n").replace("\r", "\n")


def _day(value: str | None) -> str | None:
    """Give the day of a date or a date-time, as clients write them; else the text as it came."""
    try:
        return read_day(value or "").isoformat()
    except ValueError:
        return value
