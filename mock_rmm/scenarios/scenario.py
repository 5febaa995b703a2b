"""What a scenario is: a situation that receivers get into, made of rules."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from mock_rmm.faults import Rule
from mock_rmm.matching import Condition, Expectation, Match


@dataclass(frozen=True)
class Options:
    receiver: str = ""
    """The one it is about; empty for all."""
    minutes: float | None = None
    seed: int | None = None
    password: str = field(default="", repr=False)

    @property
    def match(self) -> Match:
        if not self.receiver:
            return Match()
        return Match((Condition("receiver", Expectation(exactly=self.receiver)),))

    def rule(self, name: str, fault: str, **settings: Any) -> Rule:
        return Rule(name=name, fault=fault, match=self.match, **settings)


class Scenario(Protocol):
    name: str
    label: str
    about: str
    """What a sender of callouts meets, and what it may learn from it."""
    minutes: float | None
    """How long it usually lasts; None: until it is stopped, or its rules are used up."""
    wants_password: bool
    """Whether the receivers want another password while it runs."""

    def rules(self, options: Options) -> tuple[Rule, ...]:
        """Its rules; the first is asked first."""
