"""Events that a rule can wait for: one file an event, and this literal list of them."""

from typing import Protocol

from portal.core.actors import Actor, ActorKind
from portal.tickets.event import Happening
from portal.workflow.events.created_by import CreatedBy
from portal.workflow.events.edited_by import EditedBy


class Event(Protocol):
    """``name`` is stored and never changes; ``label`` is shown and may."""

    name: str
    label: str

    def happened(self, happening: Happening) -> bool:
        """Say whether this is what happened (whoever did it)."""


EVENTS: dict[str, Event] = {each.name: each for each in (CreatedBy(), EditedBy())}

# By whom: the stored name, its label, and the kinds of actors it means.
BY: dict[str, tuple[str, frozenset[ActorKind]]] = {
    "anyone": ("anyone", frozenset(ActorKind)),
    "resource": ("a resource", frozenset({ActorKind.RESOURCE})),
    "contact": ("a customer contact", frozenset({ActorKind.CONTACT})),
    "api": ("an API user", frozenset({ActorKind.API})),
}


def done_by(who: str, actor: Actor) -> bool:
    """Say whether an actor is one of those that ``who`` (a key of BY) means."""
    return who in BY and actor.kind in BY[who][1]
