"""What one text of a request must be: exactly this, or something that contains, matches, is not, is missing."""

import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import regex

LONGEST_TEXT = 10_000
LONGEST_PATTERN = 1_000
LONGEST_MATCHING, LONGEST_IN_ALL = 0.1, 1.0
"""Seconds that an expression gets for one text, and that it may take without coming to an end until it is given up."""
MOST_REPEATS = 50_000
"""All numbers in braces, multiplied: repeats are written out when an expression is made, and cost memory."""
_IN_BRACES = regex.compile(r"\{([^{}]*)\}")
KEYS = ("is", "not", "contains", "matches", "missing")
HOW = 'Give a text, null for "didn\'t come", or an object with one or more of ' + ", ".join(KEYS) + "."


@dataclass(unsafe_hash=True)
class Expression:
    """A regular expression that is given a time: some need more than a lifetime for a few letters."""

    text: str
    spent: float = field(default=0.0, compare=False)
    """Seconds that it took without coming to an end."""

    def __post_init__(self) -> None:
        self._compiled = regex.compile(self.text)
        self._lock = threading.Lock()

    def is_in(self, text: str) -> bool:
        """Whether it matches somewhere. What it can't tell in time is no match, and `words` says so."""
        if self.spent >= LONGEST_IN_ALL:
            return False
        begun = monotonic()
        try:
            return self._compiled.search(text, timeout=LONGEST_MATCHING, concurrent=True) is not None
        except TimeoutError:
            with self._lock:
                self.spent += max(LONGEST_MATCHING, monotonic() - begun)
            return False

    @property
    def words(self) -> str:
        if self.spent >= LONGEST_IN_ALL:
            return f"{self.text} (which took too long too often, so it is given up and matches nothing)"
        if self.spent:
            return f"{self.text} (which took longer than {LONGEST_MATCHING:g} s, and that counts as no match)"
        return self.text


@dataclass(frozen=True)
class Expectation:
    """All that is given must be true. None stands for what isn't asked."""

    exactly: str | None = None
    other_than: str | None = None
    contains: str | None = None
    pattern: Expression | None = None
    missing: bool | None = None

    def accepts(self, text: str | None) -> bool:
        """Whether a text will do; None is one that didn't come."""
        if self.missing is not None and self.missing != (text is None):
            return False
        if text is None:
            return self.missing is True or self._only_excludes
        return (
            self.exactly in {None, text}
            and (self.other_than is None or self.other_than != text)
            and (self.contains is None or self.contains in text)
            and (self.pattern is None or self.pattern.is_in(text))
        )

    @property
    def words(self) -> str:
        said = []
        if self.exactly is not None:
            said.append(f'"{self.exactly}"')
        if self.other_than is not None:
            said.append(f'anything but "{self.other_than}"')
        if self.contains is not None:
            said.append(f'something with "{self.contains}" in it')
        if self.pattern is not None:
            said.append(f"something that matches {self.pattern.words}")
        if self.missing is not None:
            said.append("none" if self.missing else "any value")
        return " and ".join(said)

    @property
    def _only_excludes(self) -> bool:
        return (self.exactly, self.contains, self.pattern, self.missing) == (None, None, None, None)


def read_expectation(given: Any) -> Expectation | str:
    """Make an expectation of JSON, or say what is wrong with it."""
    if given is None:
        return Expectation(missing=True)
    if not isinstance(given, dict):
        text = as_text(given)
        return HOW if text is None else Expectation(exactly=text)
    if not given or any(key not in KEYS for key in given):
        return HOW
    missing = given.get("missing")
    if "missing" in given and not isinstance(missing, bool):
        return "missing is true or false."
    texts = {key: as_text(given[key]) for key in given if key != "missing"}
    if None in texts.values():
        return HOW
    if missing and len(given) > 1:
        return "What is missing can't be anything else: leave the other keys out."
    pattern = _compiled(texts.get("matches"))
    if isinstance(pattern, str):
        return pattern
    return Expectation(texts.get("is"), texts.get("not"), texts.get("contains"), pattern, missing)


def expectation_json(expectation: Expectation) -> Any:
    """The shortest JSON that reads as the same."""
    given = {
        "is": expectation.exactly,
        "not": expectation.other_than,
        "contains": expectation.contains,
        "matches": expectation.pattern.text if expectation.pattern else None,
        "missing": expectation.missing,
    }
    said = {key: value for key, value in given.items() if value is not None}
    if said == {"missing": True}:
        return None
    return said["is"] if set(said) == {"is"} else said


def as_text(given: Any) -> str | None:
    """A text, or a whole number as one: ids are numbers to most people."""
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given) if abs(given) < 10**30 else None
    return given if isinstance(given, str) and len(given) <= LONGEST_TEXT else None


def _compiled(pattern: str | None) -> Expression | str | None:
    if pattern is None:
        return None
    if len(pattern) > LONGEST_PATTERN:
        return f"Make the regular expression at most {LONGEST_PATTERN:,} characters."
    if _repeats(pattern) > MOST_REPEATS:
        return (
            f"The numbers in braces come to more than {MOST_REPEATS:,} repeats together. Make them smaller."
        )
    try:
        return Expression(pattern)
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        return f"This is no regular expression: {error}."


def _repeats(pattern: str) -> int:
    product = 1
    for braces in _IN_BRACES.findall(pattern):
        ends = ("".join(letter for letter in end if letter.isdecimal()) for end in braces.split(","))
        product *= max([1, *(int(end) for end in ends if end)])
    return product
