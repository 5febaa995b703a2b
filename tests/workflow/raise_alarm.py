"""A made-up action of workflow rules, in its one file."""

from collections.abc import Mapping
from typing import Any

from portal.core.declared import Kind, Setting
from portal.workflow.actions.action import Effects


class RaiseAlarm:
    name = "raise_alarm"
    label = "Raise an Alarm"
    words = "raise the alarm {text} at level {level}"
    settings: tuple[Setting, ...] = (
        Setting("text", "What it says", required=True, most=20, called="The text"),
        Setting("level", "Level", Kind.NUMBER, "The higher, the louder.", least=1, most=5),
    )

    def __init__(self) -> None:
        self.raised: list[Mapping[str, Any]] = []

    def run(self, settings: Mapping[str, Any], effects: Effects) -> None:
        del effects
        self.raised.append(settings)
