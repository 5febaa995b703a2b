"""Makes a match of JSON, or says what is wrong with it, part by part; and makes JSON of a match."""

from collections.abc import Mapping
from typing import Any

from mock_rmm.callout import FIELDS
from mock_rmm.matching.expectation import Expectation, expectation_json, read_expectation
from mock_rmm.matching.match import PARTS, Condition, Match
from mock_rmm.problems import Problems

MOST_CONDITIONS = 50
GROUPS = ("fields", "headers")


def read_match(given: Any, at: str = "match") -> Match | Problems:
    """Read a match; `at` is where it stands, and begins each problem's name."""
    if not isinstance(given, Mapping):
        return {at: 'Give an object such as {"door": "soap", "fields": {"status": "Complete"}}.'}
    problems: Problems = {}
    conditions: list[Condition] = []
    for part, wanted in _parts(given, at, problems):
        expected = _read(part, wanted)
        if isinstance(expected, str):
            problems[f"{at}.{part}"] = expected
        else:
            conditions.append(Condition(part, expected))
    if len(conditions) > MOST_CONDITIONS:
        problems[at] = f"Give at most {MOST_CONDITIONS} conditions."
    return problems or Match(tuple(conditions))


def match_json(match: Match) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for condition in match.conditions:
        group, _, name = condition.part.partition(".")
        value = expectation_json(condition.expected)
        if group == "authorised":
            value = value == "true"
        if name:
            said.setdefault(group, {})[name] = value
        else:
            said[group] = value
    return said


def _parts(given: Mapping[str, Any], at: str, problems: Problems) -> list[tuple[str, Any]]:
    """Each part with what is wanted of it. Those nobody knows are problems."""
    found = []
    for key, wanted in given.items():
        if key in PARTS:
            found.append((key, wanted))
        elif key not in GROUPS:
            problems[f"{at}.{key}"] = f"Unknown. Known are {', '.join((*PARTS, *GROUPS))}."
        elif not isinstance(wanted, Mapping):
            problems[f"{at}.{key}"] = "Give an object of names and what each must be."
        else:
            found += [(f"{key}.{_named(key, name, at, problems)}", value) for name, value in wanted.items()]
    return found


def _named(group: str, name: str, at: str, problems: Problems) -> str:
    if group == "headers":
        return name.lower()
    if name not in FIELDS:
        problems[f"{at}.{group}.{name}"] = f"A callout has no such field. Its fields are {', '.join(FIELDS)}."
    return name


def _read(part: str, wanted: Any) -> Expectation | str:
    if part == "authorised":
        if isinstance(wanted, bool):
            return Expectation(exactly="true" if wanted else "false")
        return "Give true or false."
    return read_expectation(wanted)
