"""What a change did to a ticket: the one value that a rule's events, conditions and actions look at."""

from collections.abc import Mapping
from dataclasses import dataclass

from portal.core.actors import Context
from portal.core.rules import Value
from portal.models import Ticket, TicketNote

CREATED, EDITED, NOTED = "created", "edited", "noted"


@dataclass(frozen=True, slots=True)
class TicketEvent:
    """``kind`` is CREATED, EDITED or NOTED (a note was added).

    ``before`` and ``after`` hold every field's stored value as text; before creation all are unset.
    """

    kind: str
    ticket: Ticket
    context: Context
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    note: TicketNote | None = None
