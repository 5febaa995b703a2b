"""What requests are looked for by, and how one differs from it: pure. The class is also its form in JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from msgspec import UNSET, Struct, UnsetType, defstruct

from mock_rmm.callout import FIELDS
from mock_rmm.journal.entry import Entry, header_of
from mock_rmm.journal.expectation import Expectation, Expected, expectation_of

PARTS: Mapping[str, Callable[[Entry], str | None]] = MappingProxyType(
    {
        "receiver": lambda entry: entry.receiver,
        "door": lambda entry: entry.endpoint,
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
"""What a match can name besides fields and headers."""

LONGEST_SHOWN = 80
MOST_CONDITIONS = 50


@dataclass(frozen=True)
class Condition:
    part: str  # one of PARTS, or "fields." or "headers." and a name
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


MatchFields = defstruct(
    "MatchFields",
    [(name, Expected | UnsetType, UNSET) for name in FIELDS],
    namespace={"__doc__": "The seven values of a callout."},
    forbid_unknown_fields=True,
    omit_defaults=True,
)


class Match(Struct, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """Conditions, all of which must be true. One without any fits each request."""

    receiver: Expected | UnsetType = UNSET
    door: Expected | UnsetType = UNSET
    method: Expected | UnsetType = UNSET
    path: Expected | UnsetType = UNSET
    query: Expected | UnsetType = UNSET
    body: Expected | UnsetType = UNSET
    operation: Expected | UnsetType = UNSET
    problem: Expected | UnsetType = UNSET
    webhook_id: Expected | UnsetType = UNSET
    attempt: Expected | UnsetType = UNSET
    authorised: bool | UnsetType = UNSET
    findings: Expected | UnsetType = UNSET
    fault: Expected | UnsetType = UNSET
    answer_status: Expected | UnsetType = UNSET
    answer_body: Expected | UnsetType = UNSET
    fields: MatchFields | UnsetType = UNSET  # type: ignore[valid-type] # made of their names
    headers: dict[str, Expected] | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Keep each part in its shortest form. Raises ValueError when there are too many."""
        for owner, names in ((self, PARTS), (self.fields, FIELDS)):
            for name in names if isinstance(owner, Struct) else ():
                if not isinstance(value := getattr(owner, name), bool | UnsetType):
                    setattr(owner, name, expectation_of(value).short)
        if isinstance(self.headers, dict):
            self.headers = {name.lower(): expectation_of(value).short for name, value in self.headers.items()}
        if len(self.conditions) > MOST_CONDITIONS:
            raise ValueError(f"Give at most {MOST_CONDITIONS} conditions.")

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        found: list[tuple[str, Any]] = []
        for name in PARTS:
            value = getattr(self, name)
            found.append((name, str(value).lower() if isinstance(value, bool) else value))
        found += [(f"fields.{name}", getattr(self.fields, name, UNSET)) for name in FIELDS]
        if isinstance(self.headers, dict):
            found += [(f"headers.{name}", value) for name, value in self.headers.items()]
        return tuple(Condition(part, expectation_of(value)) for part, value in found if value is not UNSET)

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
        words = ", ".join(f"{condition.part} {condition.expected.words}" for condition in self.conditions)
        return f"a request with {words}" if words else "any request"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"
