"""Created by."""

from portal.tickets.event import CREATED, TicketEvent


class CreatedBy:
    name = "created"
    label = "Created by"

    def happened(self, event: TicketEvent) -> bool:
        return event.kind == CREATED
