"""Resets the connection instead of answering: a true TCP RST, as a crashed or overfull receiver sends."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Door, Dropped
from mock_rmm.faults.rule import Rule, Turn


class Reset:
    name = "reset"
    label = "Reset the connection"
    takes: Mapping[str, Any] = MappingProxyType({})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:  # noqa: ARG002 (a Fault's signature)
        return "Reset the connection instead of answering"

    def apply(self, rule: Rule, turn: Turn) -> Dropped:  # noqa: ARG002 (a Fault's signature)
        return Dropped()
