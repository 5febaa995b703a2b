"""One thing to say about a request, and how findings put things."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["problem", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "note")  # the gravest first


@dataclass(frozen=True)
class Finding:
    code: str  # for programs; it never changes
    severity: Severity
    """A problem keeps the callout from being understood, a warning may do so at another receiver."""
    sentence: str  # what happened, why, and what to do


def problem(code: str, sentence: str) -> Finding:
    return Finding(code, "problem", sentence)


def warning(code: str, sentence: str) -> Finding:
    return Finding(code, "warning", sentence)


def note(code: str, sentence: str) -> Finding:
    return Finding(code, "note", sentence)


LONGEST = 120
MOST_LISTED = 7
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


def quoted(text: str) -> str:
    """What was sent, so that spaces at its ends and control characters show."""
    return f"“{clean(text if len(text) <= LONGEST else text[:LONGEST] + '…')}”"


def clean(text: str) -> str:
    """With what can't be seen written out."""
    return _UNSEEN.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def listed(names: Sequence[str], joint: str = "and") -> str:
    """Some names as a sentence tells them, the first few at most."""
    shown = list(names[:MOST_LISTED])
    if len(names) > MOST_LISTED:
        return f"{', '.join(shown)} {joint} {len(names) - MOST_LISTED:,} more"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])} {joint} {shown[-1]}"
    return "".join(shown)


def setting(field: str, value: str) -> str:
    """What to change in the callout's editor. The value is given whole: it is typed from here."""
    return f"On the General tab of the callout's editor, set {field} to “{value}”."
