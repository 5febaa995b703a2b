"""Makes a rule of what a person or a script asked for, or says what is wrong, field by field."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mock_rmm.doors import DOORS
from mock_rmm.faults import FAULTS, USUAL_PRIORITY, Fault, Rule
from mock_rmm.matching import Condition, Expectation, Match, read_match
from mock_rmm.problems import Problems

ANY_DOOR = "*"
LONGEST_WAIT = 600
LONGEST_WHILE = 7 * 24 * 3600
MOST_TIMES = 1_000_000
MOST_PRIORITY = 1000
MOST_HEADERS = 50
LONGEST_TEXT = 65_536
LONGEST_NAME = 100
LONGEST_HEADER = 1000
FAULT_KEYS = ("door", "fault", "status", "times", "seconds", "body")
SETTINGS = ("status", "seconds", "most_seconds", "body", "headers")
RULE_KEYS = (
    "name",
    "match",
    "fault",
    *SETTINGS,
    "from_nth",
    "every",
    "times",
    "for_seconds",
    "rate",
    "seed",
    "priority",
)
UNKNOWN_YET = {"fault", "answer_status", "answer_body"}
THE_SERVERS_OWN = {
    "connection",
    "content-length",
    "transfer-encoding",
    "keep-alive",
    "upgrade",
    "trailer",
    "te",
}

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ONE_LINE = re.compile("[\x20-\x7e\xa0-\xff]*")
NO_FAULT_OF_ITS_OWN = "The name value format has no fault of its own: use a status, such as 500."


def read_fault(given: Mapping[str, Any]) -> Rule | Problems:
    """Read the short form: a fault for one door or any. There is one for each, and a door's own goes first."""
    problems = _unknown(given, FAULT_KEYS)
    door = given.get("door", ANY_DOOR)
    if not isinstance(door, str) or door not in (ANY_DOOR, *DOORS):
        problems["door"] = f"Choose one of {', '.join(DOORS)}, or {ANY_DOOR} for any."
    fault = _fault(given, problems)
    if fault is None:
        return problems
    if "door" not in problems and door != ANY_DOOR and not fault.suits(DOORS[door]):
        problems["fault"] = NO_FAULT_OF_ITS_OWN
    settings = {key: _setting(key, given.get(key), fault, problems) for key in SETTINGS}
    times = _checked("times", given, None, problems)
    match = Match() if door == ANY_DOOR else Match((Condition("door", Expectation(exactly=str(door))),))
    return problems or Rule(
        fault=fault.name,
        match=match,
        times=times,
        place=door,
        priority=USUAL_PRIORITY + (door == ANY_DOOR),
        **settings,
    )


def read_rule(given: Mapping[str, Any], now: datetime) -> Rule | Problems:
    problems = _unknown(given, RULE_KEYS)
    match = read_match(given.get("match") or {})
    if isinstance(match, dict):
        problems |= match
        match = Match()
    problems |= {
        f"match.{condition.part}": "A rule is asked before there is an answer: leave it out."
        for condition in match.conditions
        if condition.part in UNKNOWN_YET
    }
    fault = _fault(given, problems)
    if fault is None:
        return problems
    door = next((each.expected.exactly for each in match.conditions if each.part == "door"), None)
    if door in DOORS and not fault.suits(DOORS[door]):
        problems["fault"] = NO_FAULT_OF_ITS_OWN
    settings = {key: _setting(key, given.get(key), fault, problems) for key in SETTINGS}
    usual = {"from_nth": 1, "every": 1, "rate": 1.0, "priority": USUAL_PRIORITY, "name": ""}
    rest = {
        key: _checked(key, given, usual.get(key), problems)
        for key in (*usual, "times", "seed", "for_seconds")
    }
    seconds = rest.pop("for_seconds")
    until = None if seconds is None else now + timedelta(seconds=seconds)
    least, most = settings["seconds"], settings["most_seconds"]
    if most is not None and "seconds" not in problems and most < (least or 0):
        problems["most_seconds"] = "Make it at least as long as seconds."
    return problems or Rule(fault=fault.name, match=match, until=until, **settings, **rest)


def _unknown(given: Mapping[str, Any], keys: tuple[str, ...]) -> Problems:
    return {key: f"Unknown. Known are {', '.join(keys)}." for key in given if key not in keys}


def _fault(given: Mapping[str, Any], problems: Problems) -> Fault | None:
    fault = FAULTS.get(given["fault"]) if isinstance(given.get("fault"), str) else None
    if fault is None:
        problems["fault"] = f"Choose one of {', '.join(FAULTS)}."
    return fault


def _setting(key: str, value: Any, fault: Fault, problems: Problems) -> Any:
    if value is None:
        if key in fault.needs:
            problems[key] = f"The fault {fault.name!r} needs it."
        return fault.takes.get(key, () if key == "headers" else None)
    if key not in fault.takes:
        problems[key] = f"The fault {fault.name!r} has no {key}: leave it out."
        return None
    if key == "headers":
        return _headers(value, problems)
    return _checked(key, {key: value}, None, problems)


def _headers(value: Any, problems: Problems) -> tuple[tuple[str, str], ...]:
    """A header's name and value, or each of its values, in an object."""
    if not isinstance(value, Mapping) or len(value) > MOST_HEADERS:
        problems["headers"] = 'Give an object of at most 50 names and values, such as {"X-Node": "3"}.'
        return ()
    pairs = [
        (name, one)
        for name, values in value.items()
        for one in (values if isinstance(values, list) else [values])
    ]
    for name, one in pairs:
        if not _TOKEN.fullmatch(name) or len(name) > LONGEST_HEADER:
            problems["headers"] = f"{name[:40]!a} is no name of a header."
        elif name.lower() in THE_SERVERS_OWN:
            problems["headers"] = f"{name} is the server's own: leave it out."
        elif not isinstance(one, str) or len(one) > LONGEST_HEADER or not _ONE_LINE.fullmatch(one):
            problems["headers"] = f"The value of {name} must be one line of printable Latin-1."
    return tuple(pairs)


def _checked(key: str, given: Mapping[str, Any], usual: Any, problems: Problems) -> Any:
    value = given.get(key)
    if value is None:
        return usual
    check, words = _CHECKS[key]
    if not check(value):
        problems[key] = words
        return usual
    return value.strip() if key == "name" else value


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: _is_whole(value) and least <= value <= most


def _number(least: float, most: float) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and math.isfinite(value) and least <= value <= most

    return check


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_NAME and value.isprintable()


_WAIT = (_number(0, LONGEST_WAIT), f"Give a number of seconds from 0 to {LONGEST_WAIT}.")
_COUNT = (_whole(1, MOST_TIMES), f"Give a whole number from 1 to {MOST_TIMES:,}.")
_CHECKS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "name": (_is_name, f"Give one line of at most {LONGEST_NAME} printable characters."),
    "status": (_whole(200, 599), "Give an HTTP status from 200 to 599."),
    "seconds": _WAIT,
    "most_seconds": _WAIT,
    "body": (_is_text, f"Give a text of at most {LONGEST_TEXT:,} characters."),
    "from_nth": _COUNT,
    "every": _COUNT,
    "times": (_COUNT[0], _COUNT[1][:-1] + ", or leave it out: until it is removed."),
    "for_seconds": (_number(0.001, LONGEST_WHILE), "Give a number of seconds, above 0 and at most a week."),
    "rate": (_number(0, 1), "Give a number from 0 (none) to 1 (each)."),
    "seed": (_whole(-(2**63), 2**63), "Give a whole number."),
    "priority": (_whole(1, MOST_PRIORITY), f"Give a whole number from 1, the first, to {MOST_PRIORITY:,}."),
}
