"""What the web services API knows: one file an entity, and this literal list of them.

What an entity is called and which fields it has holds for every way in, SOAP and REST alike.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy.orm import Session

from portal.api.entities.field import Field
from portal.api.entities.record import Made, Record
from portal.api.entities.ticket import Tickets
from portal.api.entities.ticket_note import TicketNotes
from portal.api.entities.told import Told
from portal.api.work import Work


class Entity(Protocol):
    """``create`` and ``update`` raise Refused, and work in the caller's transaction; the caller commits."""

    name: str
    model: Any
    has_udfs: bool
    fields: tuple[Field, ...]

    def create(self, work: Work, record: Record) -> Made: ...

    def update(self, work: Work, record: Record) -> Made: ...

    def tell(self, session: Session, ids: Sequence[int]) -> list[Told]:
        """Give the records with these ids, in the order of their ids."""


ENTITIES: dict[str, Entity] = {each.name: each for each in (Tickets(), TicketNotes())}


def find_entity(name: str) -> Entity | None:
    """Find an entity by its name in any case."""
    folded = name.strip().casefold()
    return next((each for each in ENTITIES.values() if each.name.casefold() == folded), None)
