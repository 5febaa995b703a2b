"""A rule in words: what it matches, how often, and how long."""

from datetime import datetime

from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Rule
from mock_rmm.rules.rules import Standing
from mock_rmm.rules.scenarios import Options, Scenario
from mock_rmm.timeline import long_words

ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def fault_words(rule: Rule) -> str:
    return FAULTS[rule.fault].words(rule)


def match_words(rule: Rule) -> str:
    words = rule.match.words
    return words[0].upper() + words[1:]


def turns_words(standing: Standing) -> str:
    """How often it is applied, without until when."""
    rule, left = standing.rule, standing.left
    said = []
    if rule.from_nth > 1:
        said.append(f"from the {_nth(rule.from_nth)} request on")
    if rule.every > 1:
        said.append(f"each {_nth(rule.every)} request")
    if rule.rate < 1:
        said.append(f"{rule.rate * 100:.3g} % of them, by chance")
    if left is not None:
        said.append("the next request" if left == 1 else f"the next {left:,} requests")
    elif rule.until is None:
        said.append("until removed")
    words = ", ".join(said) or "each request"
    return words[0].upper() + words[1:]


def until_words(until: datetime, now: datetime) -> str:
    return f"{long_words(until - now)} left, until {until:%d %b %H:%M:%S} UTC"


def lasts_words(scenario: Scenario) -> str:
    if scenario.minutes is not None:
        return f"{scenario.minutes:g} min"
    rules = scenario.rules(Options())
    used_up = bool(rules) and all(rule.times is not None for rule in rules)
    return "Until used up" if used_up else "Until stopped"


def _nth(number: int) -> str:
    teens = number % 100 in range(11, 14)
    return f"{number:,}{'th' if teens else ORDINALS.get(number % 10, 'th')}"
