"""Events that a rule can wait for: one file an event, and this literal list of them."""

from portal.workflow.events.created_by import CreatedBy
from portal.workflow.events.edited_by import EditedBy
from portal.workflow.events.event import Event

EVENTS: dict[str, Event] = {each.name: each for each in (CreatedBy(), EditedBy())}
