"""A query, whatever its protocol: terms, joined by AND and OR."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """``operator`` is a key of OPERATORS in any case; ``value`` is the client's text."""

    field: str
    operator: str
    value: str = ""
    udf: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    """Parts from left to right; each but the first says whether it widens (OR) or narrows (AND) those before it."""

    parts: "tuple[tuple[bool, Term | Joined], ...]"


@dataclass(frozen=True, slots=True)
class Query:
    entity: str
    where: Joined


class Unanswerable(Exception):  # noqa: N818 - a verdict on a query, and reads so at the `except`
    """The query asks for something that does not exist; the text says what."""
