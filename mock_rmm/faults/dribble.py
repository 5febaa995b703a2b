"""Answers as usual, but lets the body drip: each read of the caller's succeeds, and the whole takes long."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Door, Raw
from mock_rmm.faults.http_bytes import head
from mock_rmm.faults.rule import Rule, Turn
from mock_rmm.faults.seconds import seconds_of, seconds_words

MOST_DRIPS = 1000
DRIPS_A_SECOND = 10


class Dribble:
    name = "dribble"
    label = "Answer as usual, drop by drop"
    takes: Mapping[str, Any] = MappingProxyType({"seconds": None, "most_seconds": None})
    needs: tuple[str, ...] = ("seconds",)

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:
        return f"Answer as usual, but take {seconds_words(rule)} for the body"

    def apply(self, rule: Rule, turn: Turn) -> Raw:
        answer = turn.proceed()
        seconds = seconds_of(rule, turn)
        body = answer.body
        drips = max(1, min(len(body), MOST_DRIPS, int(seconds * DRIPS_A_SECOND)))
        size = -(-len(body) // drips) or 1
        drops = [body[start : start + size] for start in range(0, len(body), size)]
        pause = seconds / (len(drops) or 1)
        return Raw(
            pieces=((0.0, head(answer, turn.now, len(body))), *((pause, drop) for drop in drops)),
            status=answer.status,
            body=body,
        )
