"""Created by."""

from portal.tickets.event import CREATED, Happening


class CreatedBy:
    name = "created"
    label = "Created by"

    def happened(self, happening: Happening) -> bool:
        return happening.kind == CREATED
