"""What a client gave for a record, as the desk takes it: by column, with each value of its kind."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.api.entities.field import Field
from portal.api.entities.kinds import INTEGER, same, shortened
from portal.api.entities.record import Record, Refused


def given(
    fields: Sequence[Field], record: Record, *, told: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the values to store, and the names of fields that the portal does not keep. Raises Refused.

    ``told`` is what the record's fields hold now, or None for a new record. A client that changes one
    field sends back all that it read: what is the same as now, and read-only fields, are passed over.
    """
    known = {field.name: field for field in fields}
    values: dict[str, Any] = {}
    not_kept: list[str] = []
    problems = [f"{name} is required." for name in _missing(fields, record, told)]
    for name, text in record.values.items():
        field = known.get(name)
        if field is None:
            problems.append(f"{record.entity} has no field “{shortened(name)}”.")
        elif field.column is None:
            not_kept += [name] if text else []
        elif not field.read_only:
            try:
                value = field.kind.read(text or "")
            except ValueError as error:
                problems.append(f"{name}: {error}")
                continue
            if told is None or not same(told.get(name), value, exact=field.kind.exact):
                values[field.column] = value
    if problems:
        raise Refused(*problems)
    return values, tuple(not_kept)


def record_id(record: Record) -> int:
    """Give the id of a record that is to be changed. Raises Refused."""
    try:
        number: int | None = INTEGER.read(record.values.get("id") or "")
    except ValueError as error:
        raise Refused(f"id: {error}") from error
    if number is None:
        raise Refused("id is required, to say which record is meant.")
    return number


def _missing(fields: Sequence[Field], record: Record, told: Mapping[str, Any] | None) -> list[str]:
    if told is not None:
        return []
    return [
        field.name for field in fields if field.required and not (record.values.get(field.name) or "").strip()
    ]
