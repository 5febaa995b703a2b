"""Who acts (a resource on a page, an API user or the portal itself), and in which context."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActorKind(StrEnum):
    RESOURCE = "resource"
    API = "api"
    CONTACT = "contact"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """``resource_id`` is set for a resource and an API user; ``name`` is shown in the history."""

    kind: ActorKind
    name: str
    resource_id: int | None = None


SYSTEM = Actor(ActorKind.SYSTEM, "System")


@dataclass(frozen=True, slots=True)
class Context:
    """Who makes a change, when, and the instance's login domain, which callouts send."""

    actor: Actor
    now: datetime
    domain: str
