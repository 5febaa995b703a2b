"""Execute Extension Callout."""

from typing import TYPE_CHECKING

from portal.models import RuleAction

if TYPE_CHECKING:
    from portal.workflow.actions import Effects


class ExecuteCallout:
    name = "execute_callout"
    label = "Execute Extension Callout"
    needs_callout = True

    def run(self, action: RuleAction, effects: "Effects") -> None:
        if action.callout is not None:
            effects.execute_callout(action.callout)

    def sentence(self, action: RuleAction) -> str:
        if action.callout is None:
            return "execute no extension callout"
        unsent = "" if action.callout.active else " (inactive, not sent)"
        return f"execute extension callout “{action.callout.name}”{unsent}"
