"""One thing to say about a request."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["problem", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "note")
"""The gravest first."""


@dataclass(frozen=True)
class Finding:
    code: str
    """For programs; it never changes."""
    severity: Severity
    """A problem keeps the callout from being understood, a warning may do so at another receiver."""
    sentence: str
    """What happened, why, and what to do."""


def problem(code: str, sentence: str) -> Finding:
    return Finding(code, "problem", sentence)


def warning(code: str, sentence: str) -> Finding:
    return Finding(code, "warning", sentence)


def note(code: str, sentence: str) -> Finding:
    return Finding(code, "note", sentence)
