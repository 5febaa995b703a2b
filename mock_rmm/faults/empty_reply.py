"""Closes the connection in good order without a word, as a server does whose process died."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Door, Raw
from mock_rmm.faults.rule import Rule, Turn


class EmptyReply:
    name = "empty"
    label = "Close the connection without an answer"
    takes: Mapping[str, Any] = MappingProxyType({})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:  # noqa: ARG002 (a Fault's signature)
        return "Close the connection without an answer"

    def apply(self, rule: Rule, turn: Turn) -> Raw:  # noqa: ARG002 (a Fault's signature)
        return Raw()
