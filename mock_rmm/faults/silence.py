"""Never answers: keeps the connection open and says nothing.

Until the caller hangs up, the time is up or the server stops. It keeps no thread of the server's.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Door, Raw
from mock_rmm.faults.rule import Rule, Turn


class Silence:
    name = "silence"
    label = "Never answer"
    takes: Mapping[str, Any] = MappingProxyType({"seconds": None})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        until = "" if rule.seconds is None else f", and hang up after {rule.seconds:g} seconds"
        return f"Never answer{until}"

    def apply(self, rule: Rule, turn: Turn) -> Raw:
        seconds = turn.longest_silence if rule.seconds is None else min(rule.seconds, turn.longest_silence)
        return Raw(pieces=((seconds, b""),))
