"""Makes a wanted alert of what was sent, or says what is wrong with it, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_rmm.doors import DOORS
from mock_rmm.problems import Problems

LONGEST_DEVICE = 100
LONGEST_MESSAGE = 1000


@dataclass(frozen=True)
class WantedAlert:
    device: str
    message: str
    door: str


def read_alert(given: Mapping[str, Any]) -> WantedAlert | Problems:
    known = ("device", "message", "door")
    problems = {key: f"Unknown. Known are {', '.join(known)}." for key in given if key not in known}
    for name, longest in (("device", LONGEST_DEVICE), ("message", LONGEST_MESSAGE)):
        text = given.get(name)
        if not isinstance(text, str) or not text.strip():
            problems[name] = "Say what it is: a text is needed here."
        elif len(text) > longest:
            problems[name] = f"Make it at most {longest:,} characters."
        elif any(not character.isprintable() for character in text):
            problems[name] = "Keep it to one line of printable characters."
    if given.get("door") not in list(DOORS):
        problems["door"] = f"Choose one of {', '.join(DOORS)}."
    if problems:
        return problems
    return WantedAlert(given["device"].strip(), given["message"].strip(), given["door"])
