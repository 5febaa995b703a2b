"""Execute Extension Callout."""

from collections.abc import Mapping
from typing import Any

from portal.core.declared import Kind, Setting
from portal.workflow.actions.action import CALLOUT, Effects


class ExecuteCallout:
    name = "execute_callout"
    label = "Execute Extension Callout"
    words = "execute extension callout {callout}"
    settings: tuple[Setting, ...] = (
        Setting(
            "callout",
            "Extension callout",
            Kind.REFERENCE,
            refers_to=CALLOUT,
            required=True,
            missing="Choose the extension callout to execute.",
            repeated="This rule executes that callout already: twice would send each change twice.",
            placeholder="Choose an extension callout…",
        ),
    )

    def run(self, settings: Mapping[str, Any], effects: Effects) -> None:
        if settings["callout"] is not None:
            effects.execute_callout(settings["callout"])
