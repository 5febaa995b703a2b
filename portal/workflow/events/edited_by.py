"""Edited by."""

from portal.core.declared import Setting
from portal.tickets.event import EDITED, TicketEvent
from portal.workflow.events.event import BY_WHOM


class EditedBy:
    name = "edited"
    label = "Edited by"
    settings: tuple[Setting, ...] = (BY_WHOM,)

    def happened(self, event: TicketEvent) -> bool:
        return event.kind == EDITED
