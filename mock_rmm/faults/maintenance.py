"""Is down for maintenance: 503, and a Retry-After for when the rule ends."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Answer, Door
from mock_rmm.faults.rule import Rule, Turn
from mock_rmm.faults.status import TEXT, retry_after


class Maintenance:
    name = "maintenance"
    label = "Be down for maintenance (503)"
    takes: Mapping[str, Any] = MappingProxyType({"body": "Down for maintenance, as ordered.\n"})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        later = "" if rule.until is None else " and the seconds that are left as Retry-After"
        return f"Answer with HTTP 503{later}"

    def apply(self, rule: Rule, turn: Turn) -> Answer:
        headers = () if rule.until is None else (retry_after((rule.until - turn.now).total_seconds()),)
        return Answer(503, (rule.body or self.takes["body"]).encode(), TEXT, headers)
