"""What every action of a workflow rule is, and what it may cause."""

from collections.abc import Mapping
from typing import Any, Protocol

from portal.core.declared import Setting
from portal.models import Callout, RuleAction

CALLOUT = "callout"
"""The reference that has a column of its own, ``callout_id``: a foreign key, so that no rule loses its callout."""


class Effects(Protocol):
    """What an action may cause. Everything happens in the transaction of the ticket's change."""

    def execute_callout(self, callout: Callout) -> None: ...

    def edit_ticket(self, values: Mapping[str, Any], udfs: Mapping[int, str | None]) -> None:
        """Change the event's ticket, in the portal's name; rules that this matches fire afterwards."""


class Action(Protocol):
    """``name`` is stored and never changes; ``label`` is shown and may.

    ``words`` is its part of a rule's sentence, with its settings by their names: "execute extension callout {callout}".
    No setting may be secret: nothing of a rule is encrypted.
    """

    name: str
    label: str
    settings: tuple[Setting, ...]
    words: str

    def run(self, settings: Mapping[str, Any], effects: Effects) -> None:
        """Do it. ``settings`` has every declared setting by its name; a callout is there as its row."""


def settings_of(action: Action, row: RuleAction) -> dict[str, Any]:
    """Return what a rule's action is set to, by the settings' names; a callout as its row."""
    return {
        each.name: row.callout if each.refers_to == CALLOUT else row.params.get(each.name, each.initial)
        for each in action.settings
    }
