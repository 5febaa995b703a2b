"""Answers as usual, but hangs up in the middle of the body. What the callout asks for is done all the same."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Door, Raw
from mock_rmm.faults.http_bytes import head
from mock_rmm.faults.rule import Rule, Turn


class Truncated:
    name = "truncated"
    label = "Break off in the middle of the answer"
    takes: Mapping[str, Any] = MappingProxyType({})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:  # noqa: ARG002 (a Fault's signature)
        return "Break off in the middle of the answer's body"

    def apply(self, rule: Rule, turn: Turn) -> Raw:  # noqa: ARG002 (a Fault's signature)
        answer = turn.proceed()
        half = answer.body[: len(answer.body) // 2]
        # One more than there is, so that an empty body is cut off too
        pieces = ((0.0, head(answer, turn.now, len(answer.body) + 1) + half),)
        return Raw(pieces=pieces, status=answer.status, body=half)
