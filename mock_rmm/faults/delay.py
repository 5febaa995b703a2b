"""Waits before the ordinary answer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Answer, Door
from mock_rmm.faults.rule import Rule, Turn


class Delay:
    name = "delay"
    label = "Wait, then answer as usual"
    takes: Mapping[str, Any] = MappingProxyType({"seconds": None})
    needs: tuple[str, ...] = ("seconds",)

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        return f"Wait {rule.seconds:g} seconds, then answer as usual"

    def apply(self, rule: Rule, turn: Turn) -> Answer:
        turn.stopping.wait(rule.seconds or 0)
        return turn.proceed()
