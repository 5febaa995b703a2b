"""What the web services API knows: one file an entity, and this literal list of them.

What an entity is called and which fields it has holds for every protocol, SOAP and REST alike.
"""

from portal.api.entities.entity import Entity
from portal.api.entities.ticket import TICKET
from portal.api.entities.ticket_note import TICKET_NOTE

ENTITIES: dict[str, Entity] = {each.name: each for each in (TICKET, TICKET_NOTE)}


def find_entity(name: str) -> Entity | None:
    """Find an entity by its name in any case."""
    folded = name.strip().casefold()
    return next((each for each in ENTITIES.values() if each.name.casefold() == folded), None)
