"""A field of an entity: its name in the web services API, and what it is called here."""

from dataclasses import dataclass

from portal.api.entities.kinds import INTEGER, TEXT, TIME, Kind


@dataclass(frozen=True, slots=True)
class Field:
    """``column`` is the attribute of the model; None: the portal keeps no such value.

    ``read_only`` fields are told, and are passed over when a client sends them back. ``required`` ones must
    be given when a record is created.
    """

    name: str
    kind: Kind = TEXT
    column: str | None = None
    read_only: bool = False
    required: bool = False


def integer(name: str, column: str, *, read_only: bool = False, required: bool = False) -> Field:
    return Field(name, INTEGER, column, read_only, required)


def text(name: str, column: str, *, read_only: bool = False, required: bool = False) -> Field:
    return Field(name, TEXT, column, read_only, required)


def time(name: str, column: str, *, read_only: bool = False, required: bool = False) -> Field:
    return Field(name, TIME, column, read_only, required)
