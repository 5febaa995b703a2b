"""What a workflow rule can do: one file an action, and this literal list of them.

An action knows nothing of the database: it acts through ``Effects``, which the engine provides.
"""

from typing import Protocol

from portal.models import Callout, RuleAction
from portal.workflow.actions.execute_callout import ExecuteCallout


class Effects(Protocol):
    """What an action may cause. Everything happens in the transaction of the ticket's change."""

    def execute_callout(self, callout: Callout) -> None: ...


class Action(Protocol):
    """``name`` is stored and never changes; ``label`` is shown and may."""

    name: str
    label: str
    needs_callout: bool

    def run(self, action: RuleAction, effects: Effects) -> None:
        """Do it."""

    def sentence(self, action: RuleAction) -> str:
        """Tell in words what it will do, for the rule list."""


ACTIONS: dict[str, Action] = {each.name: each for each in (ExecuteCallout(),)}
