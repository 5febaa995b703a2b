"""A record as clients are told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.api.entities.field import Field
from portal.api.entities.kinds import as_told


@dataclass(frozen=True, slots=True)
class Told:
    """``values`` are keyed by the API's names; one that is None is left out. ``udfs`` are in order."""

    entity: str
    values: Mapping[str, Any]
    udfs: Mapping[str, str | None]


def tell(fields: Sequence[Field], row: object) -> dict[str, Any]:
    """Give a row's values under the API's names."""
    return {field.name: as_told(getattr(row, field.column)) for field in fields if field.column is not None}
