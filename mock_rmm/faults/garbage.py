"""Answers with bytes that are no HTTP at all, as what listens on a wrong port may."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mock_rmm.doors import Door, Raw
from mock_rmm.faults.rule import Rule, Turn

LENGTH = 512


class Garbage:
    name = "garbage"
    label = "Answer with garbage"
    takes: Mapping[str, Any] = MappingProxyType({})
    needs: tuple[str, ...] = ()

    def suits(self, door: Door) -> bool:  # noqa: ARG002 (a Fault's signature)
        return True

    def words(self, rule: Rule) -> str:  # noqa: ARG002 (a Fault's signature)
        return "Answer with bytes that are no HTTP"

    def apply(self, rule: Rule, turn: Turn) -> Raw:  # noqa: ARG002 (a Fault's signature)
        # The first byte is no letter, so that it is never taken for the "HTTP/" of an answer
        noise = b"\x15" + turn.chance.randbytes(LENGTH - 3) + b"\r\n"
        return Raw(pieces=((0.0, noise),), body=noise)
