"""Answers with a fault of the format itself, inside an HTTP 200 unless another status is given."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Answer, Door
from mock_rmm.faults.rule import Rule, Turn


class ProtocolFault:
    name = "fault"
    label = "Answer with a SOAP or XML-RPC fault"
    takes: Mapping[str, Any] = MappingProxyType(
        {"status": 200, "body": "The alert can't be cleared right now, as ordered."}
    )
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:
        return door.has_fault

    def words(self, rule: Rule) -> str:
        return f"Answer with a SOAP or XML-RPC fault in HTTP {rule.status}"

    def apply(self, rule: Rule, turn: Turn) -> Answer:
        return turn.door.fault(turn.reading, rule.body or self.takes["body"], rule.status or 200)
