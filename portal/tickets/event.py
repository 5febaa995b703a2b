"""What happened to a ticket: the one value that events, conditions and actions look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from portal.core.actors import Actor
from portal.core.rules import Value
from portal.models import Ticket

CREATED, EDITED = "created", "edited"


@dataclass(frozen=True, slots=True)
class Happening:
    """``before`` and ``after`` hold every field's stored value as text; before creation all are unset."""

    kind: str
    ticket: Ticket
    actor: Actor
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    now: datetime
