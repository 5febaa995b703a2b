"""Edited by."""

from portal.tickets.event import EDITED, Happening


class EditedBy:
    name = "edited"
    label = "Edited by"

    def happened(self, happening: Happening) -> bool:
        return happening.kind == EDITED
