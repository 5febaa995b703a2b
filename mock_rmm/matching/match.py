"""A condition on received requests, part by part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mock_rmm.journal import Entry
from mock_rmm.journal.entry import header_of
from mock_rmm.matching.expectation import Expectation

PARTS: Mapping[str, Callable[[Entry], str | None]] = MappingProxyType(
    {
        "receiver": lambda entry: entry.receiver,
        "door": lambda entry: entry.door,
        "method": lambda entry: entry.method,
        "path": lambda entry: entry.path,
        "query": lambda entry: entry.query,
        "body": lambda entry: entry.body.decode("utf-8", "replace"),
        "operation": lambda entry: entry.operation or None,
        "problem": lambda entry: entry.problem or None,
        "webhook_id": lambda entry: entry.webhook_id or None,
        "attempt": lambda entry: None if entry.attempt is None else str(entry.attempt),
        "authorised": lambda entry: "true" if entry.authorised else "false",
        "findings": lambda entry: " ".join(finding.code for finding in entry.findings) or None,
        "fault": lambda entry: entry.fault or None,
        "answer_status": lambda entry: None if entry.answer_status is None else str(entry.answer_status),
        "answer_body": lambda entry: entry.answer_body.decode("utf-8", "replace"),
    }
)
"""What can be asked of a request besides its fields and headers."""

LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Condition:
    part: str
    """One of PARTS, or "fields." or "headers." and a name."""
    expected: Expectation

    def of(self, entry: Entry) -> str | None:
        """What the request has there; None when it has nothing."""
        group, _, name = self.part.partition(".")
        if group == "fields":
            return entry.fields.get(name)
        if group == "headers":
            return header_of(entry.headers, name)
        return PARTS[self.part](entry)


@dataclass(frozen=True)
class Difference:
    part: str
    expected: str
    came: str | None

    @property
    def sentence(self) -> str:
        if self.came is None:
            return f"{self.part}: nothing came, expected was {self.expected}."
        return f'{self.part}: "{_cut(self.came)}" came, expected was {self.expected}.'


@dataclass(frozen=True)
class Match:
    """Conditions, all of which must be true. One without any fits each request."""

    conditions: tuple[Condition, ...] = ()

    def fits(self, entry: Entry) -> bool:
        return all(condition.expected.accepts(condition.of(entry)) for condition in self.conditions)

    def differences(self, entry: Entry) -> tuple[Difference, ...]:
        """What keeps the request from fitting; nothing when it fits."""
        found = ((condition, condition.of(entry)) for condition in self.conditions)
        return tuple(
            Difference(condition.part, condition.expected.words, came)
            for condition, came in found
            if not condition.expected.accepts(came)
        )

    @property
    def words(self) -> str:
        if not self.conditions:
            return "any request"
        return "a request with " + ", ".join(
            f"{condition.part} {condition.expected.words}" for condition in self.conditions
        )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
