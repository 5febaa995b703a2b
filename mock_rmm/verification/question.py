"""What the verification API can be asked, made of JSON; or what is wrong with it, part by part."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_rmm.matching import Match, read_match
from mock_rmm.problems import Problems

MOST_STEPS = 50
LONGEST_WAIT = 300


@dataclass(frozen=True)
class Number:
    """A number that can be given, and the one that counts if it isn't."""

    default: int
    least: int
    most: int
    whole: bool = True

    @property
    def words(self) -> str:
        return f"Give a {'whole ' if self.whole else ''}number from {self.least:,} to {self.most:,}."

    def takes(self, value: Any) -> bool:
        kinds = int if self.whole else int | float
        known = isinstance(value, kinds) and not isinstance(value, bool)
        return known and self.least <= value <= self.most


NUMBERS = {
    "after": Number(0, 0, 2**53),
    "limit": Number(100, 1, 1000),
    "count": Number(1, 1, 10_000),
    "timeout": Number(10, 0, LONGEST_WAIT, whole=False),
}


@dataclass(frozen=True)
class Question:
    matches: tuple[Match, ...]
    """One, or one for each step."""
    after: int = 0
    """Only requests with a higher id count."""
    limit: int = 100
    count: int = 1
    timeout: float = 10
    """Seconds."""


def read_question(
    given: Mapping[str, Any], numbers: tuple[str, ...], *, steps: bool = False
) -> Question | Problems:
    """Read a question that takes these numbers, about one match or about several steps."""
    about = "matches" if steps else "match"
    known = (about, *numbers)
    problems = {key: f"Unknown. Known are {', '.join(known)}." for key in given if key not in known}
    matches = _steps(given.get(about), problems) if steps else _one(given.get(about, {}), about, problems)
    values = {name: given.get(name, NUMBERS[name].default) for name in numbers}
    problems |= {
        name: NUMBERS[name].words for name, value in values.items() if not NUMBERS[name].takes(value)
    }
    return problems or Question(matches, **values)


def _one(given: Any, at: str, problems: Problems) -> tuple[Match, ...]:
    match = read_match(given, at)
    if isinstance(match, Match):
        return (match,)
    problems.update(match)
    return ()


def _steps(given: Any, problems: Problems) -> tuple[Match, ...]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_STEPS:
        problems["matches"] = (
            f"Give a list of 1 to {MOST_STEPS} matches, in the order in which they should come."
        )
        return ()
    return tuple(match for at, each in enumerate(given) for match in _one(each, f"matches.{at}", problems))
