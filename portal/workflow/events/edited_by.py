"""Edited by."""

from portal.tickets.event import EDITED, TicketEvent


class EditedBy:
    name = "edited"
    label = "Edited by"

    def happened(self, event: TicketEvent) -> bool:
        return event.kind == EDITED
