"""What an entity of the web services API declares, once for every protocol: its fields, and how it is changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.api.entities.kinds import TEXT, Kind
from portal.core.actors import Context

Values = Mapping[str, Any]
"""By the model's attributes."""
Udfs = Mapping[int, str | None]
"""By the id of the user-defined field."""


@dataclass(frozen=True, slots=True)
class Field:
    """``column`` is the attribute of the model; None: the portal keeps no such value.

    ``read_only`` fields are passed over when a client sends them back. ``required`` ones must have a value when a
    record is created. Only ``queryable`` ones can be asked for.
    """

    name: str
    kind: Kind = TEXT
    column: str | None = None
    read_only: bool = False
    required: bool = False
    queryable: bool = True


@dataclass(frozen=True, slots=True)
class Entity:
    """``create`` gives the id of what it made. ``load`` finds the record that is to be changed.

    They work in the caller's transaction, and raise Invalid, by the model's attributes, and NotFound; the caller
    commits.
    """

    name: str
    model: Any
    fields: tuple[Field, ...]
    create: Callable[[Session, Context, Values, Udfs], int]
    load: Callable[[Session, int], Any]
    update: Callable[[Session, Context, int, Values, Udfs], object]
    has_udfs: bool = False

    def names(self) -> dict[str, str]:
        """Give the names of the fields that are kept, by the model's attributes."""
        return {field.column: field.name for field in self.fields if field.column is not None}
