"""Created by."""

from portal.core.declared import Setting
from portal.tickets.event import CREATED, TicketEvent
from portal.workflow.events.event import BY_WHOM


class CreatedBy:
    name = "created"
    label = "Created by"
    settings: tuple[Setting, ...] = (BY_WHOM,)

    def happened(self, event: TicketEvent) -> bool:
        return event.kind == CREATED
