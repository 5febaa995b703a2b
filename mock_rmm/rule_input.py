"""Makes a fault's rule of what a person or a script asked for, or says what is wrong, field by field."""

import math
from collections.abc import Mapping
from typing import Any

from mock_rmm.doors import DOORS
from mock_rmm.faults import ANY_DOOR, FAULTS, Fault, Rule

LONGEST_WAIT = 600
MOST_TIMES = 1_000_000
LONGEST_TEXT = 65_536
KEYS = ("door", "fault", "status", "times", "seconds", "body")

Problems = dict[str, str]


def read_rule(given: Mapping[str, Any]) -> Rule | Problems:
    problems = {key: f"Unknown. Known are {', '.join(KEYS)}." for key in given if key not in KEYS}
    door = given.get("door", ANY_DOOR)
    if not isinstance(door, str) or door not in (ANY_DOOR, *DOORS):
        problems["door"] = f"Choose one of {', '.join(DOORS)}, or {ANY_DOOR} for any."
    fault = FAULTS.get(given["fault"]) if isinstance(given.get("fault"), str) else None
    if fault is None:
        problems["fault"] = f"Choose one of {', '.join(FAULTS)}."
        return problems
    if "door" not in problems and door != ANY_DOOR and not fault.suits(DOORS[door]):
        problems["fault"] = "The name value format has no fault of its own: use a status, such as 500."
    options = {key: _option(key, given.get(key), fault, problems) for key in ("status", "seconds", "body")}
    times = given.get("times")
    if times is not None and not (_is_whole(times) and 1 <= times <= MOST_TIMES):
        problems["times"] = (
            f"Give a whole number from 1 to {MOST_TIMES:,}, or leave it out: until it is removed."
        )
    return problems or Rule(door=door, fault=fault.name, times=times, **options)


def _option(key: str, value: Any, fault: Fault, problems: Problems) -> Any:
    if value is None:
        if key in fault.needs:
            problems[key] = f"The fault {fault.name!r} needs it."
        return fault.takes.get(key)
    if key not in fault.takes:
        problems[key] = f"The fault {fault.name!r} has no {key}: leave it out."
        return None
    check, words = _CHECKS[key]
    if not check(value):
        problems[key] = words
        return None
    return value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_status(value: Any) -> bool:
    return _is_whole(value) and value in _STATUSES


def _is_wait(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 <= value <= LONGEST_WAIT


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


_STATUSES = range(200, 600)
_CHECKS = {
    "status": (_is_status, "Give an HTTP status from 200 to 599."),
    "seconds": (_is_wait, f"Give a number of seconds from 0 to {LONGEST_WAIT}."),
    "body": (_is_text, f"Give a text of at most {LONGEST_TEXT:,} characters."),
}
