"""Waits before the ordinary answer, always as long or by chance."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Answer, Door
from mock_rmm.faults.rule import Rule, Turn
from mock_rmm.faults.seconds import seconds_of, seconds_words


class Delay:
    name = "delay"
    label = "Wait, then answer as usual"
    takes: Mapping[str, Any] = MappingProxyType({"seconds": None, "most_seconds": None})
    needs: tuple[str, ...] = ("seconds",)

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        return f"Wait {seconds_words(rule)}, then answer as usual"

    def apply(self, rule: Rule, turn: Turn) -> Answer:
        turn.stopping.wait(seconds_of(rule, turn))
        return turn.proceed()
