"""Makes a start of a scenario of what was asked for, or says what is wrong, field by field."""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from mock_rmm.problems import Problems
from mock_rmm.scenarios import SCENARIOS, Options, Scenario

KEYS = ("scenario", "receiver", "minutes", "seed", "password")
MOST_MINUTES = 7 * 24 * 60
LONGEST_PASSWORD = 255


@dataclass(frozen=True)
class WantedScenario:
    scenario: Scenario
    options: Options


def read_scenario(given: Mapping[str, Any], receivers: Container[str]) -> WantedScenario | Problems:
    problems = {key: f"Unknown. Known are {', '.join(KEYS)}." for key in given if key not in KEYS}
    name, receiver = given.get("scenario"), given.get("receiver") or ""
    scenario = SCENARIOS.get(name) if isinstance(name, str) else None
    if scenario is None:
        problems["scenario"] = f"Choose one of {', '.join(SCENARIOS)}."
    if not isinstance(receiver, str) or (receiver and receiver not in receivers):
        problems["receiver"] = "There is no such receiver: name one, or leave it out for all."
    minutes, seed, password = given.get("minutes"), given.get("seed"), given.get("password") or ""
    if minutes is not None and not _is_time(minutes):
        problems["minutes"] = "Give a number above 0 and at most 10,080, a week; or leave it out."
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool) or abs(seed) > 2**63):
        problems["seed"] = "Give a whole number, or leave it out."
    if not isinstance(password, str) or len(password) > LONGEST_PASSWORD:
        problems["password"] = f"Give a text of at most {LONGEST_PASSWORD} characters."
    elif password and scenario is not None and not scenario.wants_password:
        problems["password"] = f"The scenario {scenario.name} changes no password: leave it out."
    if problems or scenario is None:
        return problems
    return WantedScenario(scenario, Options(receiver=receiver, minutes=minutes, seed=seed, password=password))


def _is_time(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 < value <= MOST_MINUTES
