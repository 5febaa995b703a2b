"""What a query can ask of a value: this literal list of operators.

Equals and the like are exact. Contains and the like ignore case and how letters are composed, on every database.
An empty text is no value: IsNull finds it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement

from portal.core.texts import fold
from portal.models.base import ends_with, folded, holds

Clause = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Operator:
    """``clause(column, value)`` holds for a value that is there.

    ``negative`` turns it round, so that records without a value are found too. ``meets_empty``: an empty
    text would come out as a value. ``texts_only``: it looks into texts. ``has_operand``: it needs a value.
    """

    name: str
    clause: Callable[[Any, Any], Clause]
    negative: bool = False
    meets_empty: bool = False
    texts_only: bool = False
    has_operand: bool = True


OPERATORS: dict[str, Operator] = {
    each.name: each
    for each in (
        Operator("Equals", lambda column, value: column == value),
        Operator("NotEqual", lambda column, value: column == value, negative=True),
        Operator("GreaterThan", lambda column, value: column > value),
        Operator("LessThan", lambda column, value: column < value, meets_empty=True),
        Operator("GreaterThanorEquals", lambda column, value: column >= value),
        Operator("LessThanOrEquals", lambda column, value: column <= value, meets_empty=True),
        Operator(
            "BeginsWith",
            lambda column, value: folded(column).startswith(fold(value), autoescape=True),
            texts_only=True,
        ),
        Operator(
            "EndsWith",
            ends_with,
            texts_only=True,
        ),
        Operator("Contains", holds, texts_only=True),
        Operator("IsNotNull", lambda column, _: column.is_not(None), meets_empty=True, has_operand=False),
        Operator(
            "IsNull",
            lambda column, _: column.is_not(None),
            negative=True,
            meets_empty=True,
            has_operand=False,
        ),
    )
}


def find_operator(name: str) -> Operator | None:
    """Find an operator by its name in any case."""
    folded = name.strip().casefold()
    return next((each for each in OPERATORS.values() if each.name.casefold() == folded), None)
