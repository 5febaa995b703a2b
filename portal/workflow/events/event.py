"""What every event of a workflow rule is, and by whom it can be caused."""

from typing import Protocol

from portal.core.actors import Actor, ActorKind
from portal.core.declared import Kind, Setting
from portal.tickets.event import TicketEvent

# By whom: the stored name, its label, and the kinds of actors it means.
BY: dict[str, tuple[str, frozenset[ActorKind]]] = {
    "anyone": ("anyone", frozenset(ActorKind)),
    "resource": ("a resource", frozenset({ActorKind.RESOURCE})),
    "contact": ("a customer contact", frozenset({ActorKind.CONTACT})),
    "api": ("an API user", frozenset({ActorKind.API})),
}
BY_WHOM = Setting("by", "whom", Kind.CHOICE, choices={name: label for name, (label, _) in BY.items()})
"""Stored in the column ``actor``; another setting of an event needs a column first, as an action's ``params``."""


class Event(Protocol):
    """``name`` is stored and never changes; ``label`` is shown and may."""

    name: str
    label: str
    settings: tuple[Setting, ...]

    def happened(self, event: TicketEvent) -> bool:
        """Say whether this is what happened (whoever did it)."""


def done_by(who: str, actor: Actor) -> bool:
    """Say whether an actor is one of those that ``who`` (a key of BY) means."""
    return who in BY and actor.kind in BY[who][1]
