"""What one text of a request must be: exactly this, or something that contains, matches, is not, is missing.

The class is also its form in JSON.
"""

import threading
from time import monotonic
from typing import Annotated, Any

import regex
from msgspec import UNSET, Meta, Struct, UnsetType

LONGEST_TEXT = 10_000
LONGEST_PATTERN = 1_000
LONGEST_MATCHING, LONGEST_IN_ALL = 0.1, 1.0
"""Seconds that an expression gets for one text, and that it may time out in all until it is given up."""
MOST_REPEATS = 50_000
"""All numbers in braces, multiplied: repeats are expanded when an expression is compiled, and take memory."""
_IN_BRACES = regex.compile(r"\{([^{}]*)\}")


class Expression:
    """A regular expression with a time limit: some take longer than a lifetime for a few letters."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spent = 0.0  # seconds in which it came to no end
        self._compiled = regex.compile(text)
        self._lock = threading.Lock()

    def is_in(self, text: str) -> bool:
        """Whether it matches somewhere. A time-out counts as no match, and `words` says so."""
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


Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""Stands for its digits: ids are numbers to most people."""
Pattern = Annotated[str, Meta(extra_json_schema={"maxLength": LONGEST_PATTERN})]


class Expectation(
    Struct,
    rename={"exactly": "is", "other_than": "not", "pattern": "matches"},
    forbid_unknown_fields=True,
    omit_defaults=True,
    dict=True,
):
    """Conditions on a text, all of which must be true. Raises ValueError for a wrong one."""

    exactly: Text | Whole | UnsetType = UNSET
    other_than: Text | Whole | UnsetType = UNSET
    contains: Text | Whole | UnsetType = UNSET
    pattern: Pattern | Whole | UnsetType = UNSET
    missing: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        given = _set(self)
        if not given:
            raise ValueError(HOW)
        if self.missing is True and len(given) > 1:
            raise ValueError("What is missing can't be anything else: leave the other keys out.")
        for name in given:
            value = getattr(self, name)
            if isinstance(value, int) and not isinstance(value, bool):
                setattr(self, name, str(value))
        self.expression = _compiled(self.pattern) if isinstance(self.pattern, str) else None

    def accepts(self, text: str | None) -> bool:
        """Whether a text fits; None is one that is missing."""
        if self.missing is not UNSET and self.missing != (text is None):
            return False
        if text is None:
            return self.missing is True or _set(self) == ["other_than"]
        return (
            self.exactly in {UNSET, text}
            and self.other_than != text
            and (self.contains is UNSET or str(self.contains) in text)
            and (self.expression is None or self.expression.is_in(text))
        )

    @property
    def words(self) -> str:
        words = {
            "exactly": f'"{self.exactly}"',
            "other_than": f'anything but "{self.other_than}"',
            "contains": f'something with "{self.contains}" in it',
            "pattern": f"something that matches {self.expression.words if self.expression else ''}",
            "missing": "none" if self.missing else "any value",
        }
        return " and ".join(words[name] for name in _set(self))

    @property
    def short(self) -> "Expectation | str | None":
        """The shortest JSON that reads as the same."""
        if self.missing is True:
            return None
        return str(self.exactly) if _set(self) == ["exactly"] else self


HOW = 'Give a text, null for "didn\'t come", or an object with one or more of ' + (
    ", ".join(Expectation.__struct_encode_fields__) + "."
)
Expected = Annotated[
    Expectation | Text | Whole | None,
    Meta(
        description="A text or whole number: exactly this. null: it is missing. An object: all that it says.",
        extra={"words": HOW},
    ),
]


def expectation_of(value: Any) -> Expectation:
    """What a text, a whole number, None or an object stands for. Raises ValueError for a wrong one."""
    if isinstance(value, Expectation):
        return value
    return Expectation(missing=True) if value is None else Expectation(exactly=value)


def _set(expectation: Expectation) -> list[str]:
    return [name for name in expectation.__struct_fields__ if getattr(expectation, name) is not UNSET]


def _compiled(pattern: str) -> Expression:
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"Make the regular expression at most {LONGEST_PATTERN:,} characters.")
    if _repeats(pattern) > MOST_REPEATS:
        most = f"{MOST_REPEATS:,} repeats together"
        raise ValueError(f"The numbers in braces come to more than {most}. Make them smaller.")
    try:
        return Expression(pattern)
    except (regex.error, OverflowError, RecursionError, MemoryError) as error:
        raise ValueError(f"This is no regular expression: {error}.") from None


def _repeats(pattern: str) -> int:
    product = 1
    for braces in _IN_BRACES.findall(pattern):
        ends = ("".join(letter for letter in end if letter.isdecimal()) for end in braces.split(","))
        product *= max([1, *(int(end) for end in ends if end)])
    return product
