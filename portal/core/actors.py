"""Who did something: a resource on a page, an API user through the web services, or the portal itself."""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    RESOURCE = "resource"
    API = "api"
    CONTACT = "contact"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """``resource_id`` is set for a resource and an API user; ``name`` is what history shows."""

    kind: ActorKind
    name: str
    resource_id: int | None = None


SYSTEM = Actor(ActorKind.SYSTEM, "System")
