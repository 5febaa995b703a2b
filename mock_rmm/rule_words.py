"""A rule in words: whom it is for, and how often."""

from mock_rmm.faults import FAULTS, Rule
from mock_rmm.rules import Standing

ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def fault_words(rule: Rule) -> str:
    return FAULTS[rule.fault].words(rule)


def match_words(rule: Rule) -> str:
    words = rule.match.words
    return words[0].upper() + words[1:]


def turns_words(standing: Standing) -> str:
    """How often it befalls a request, without until when."""
    rule, left = standing.rule, standing.left
    said = []
    if rule.from_nth > 1:
        said.append(f"from the {_nth(rule.from_nth)} request on")
    if rule.every > 1:
        said.append(f"each {_nth(rule.every)} request")
    if rule.rate < 1:
        said.append(f"{rule.rate * 100:g} % of them, by chance")
    if left is not None:
        said.append("the next request" if left == 1 else f"the next {left:,} requests")
    elif rule.until is None:
        said.append("until removed")
    words = ", ".join(said) or "each request"
    return words[0].upper() + words[1:]


def _nth(number: int) -> str:
    teens = number % 100 in range(11, 14)
    return f"{number:,}{'th' if teens else ORDINALS.get(number % 10, 'th')}"
