"""Conditions of workflow rules: operators over a ticket's value before and after a change.

Values are compared as the ticket page shows and stores them: numbers as numbers, everything else as
text without regard to case. A value that is not set is None.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from portal.core.numbers import read_number
from portal.core.texts import fold

Value = str | None


@dataclass(frozen=True, slots=True)
class Operator:
    """``operands`` is how many values it takes: 0, 1, or -1 for a list of at least one."""

    name: str
    label: str
    operands: int
    holds: Callable[[Value, Value, Sequence[str]], bool]
    """(before, after, operands) -> bool"""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule: a field's name, an operator's name, and the values it is compared with."""

    field: str
    operator: str
    operands: tuple[str, ...] = ()


def _same(left: Value, right: Value) -> bool:
    if left is None or right is None:
        return (left or "") == (right or "")
    numbers = read_number(left), read_number(right)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return fold(left) == fold(right)


def _order(left: Value, right: str) -> int:
    """Return -1, 0 or 1; numbers by value, otherwise as text, which orders ISO dates correctly."""
    a, b = read_number(left or ""), read_number(right)
    if a is not None and b is not None:
        return (a > b) - (a < b)
    x, y = fold(left or ""), fold(right)
    return (x > y) - (x < y)


def _in_list(value: Value, operands: Sequence[str]) -> bool:
    return any(_same(value, operand) for operand in operands)


OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("equal", "Equal to", 1, lambda _old, new, wanted: _same(new, wanted[0])),
        Operator("not_equal", "Not equal to", 1, lambda _old, new, wanted: not _same(new, wanted[0])),
        Operator(
            "greater", "Greater than", 1, lambda _old, new, wanted: bool(new) and _order(new, wanted[0]) > 0
        ),
        Operator("less", "Less than", 1, lambda _old, new, wanted: bool(new) and _order(new, wanted[0]) < 0),
        Operator(
            "contains",
            "Contains",
            1,
            lambda _old, new, wanted: fold(wanted[0]) in fold(new or ""),
        ),
        Operator("in_list", "In list", -1, lambda _old, new, wanted: _in_list(new, wanted)),
        Operator("not_in_list", "Not in list", -1, lambda _old, new, wanted: not _in_list(new, wanted)),
        Operator("empty", "Is empty", 0, lambda _old, new, _wanted: not new),
        Operator("not_empty", "Is not empty", 0, lambda _old, new, _wanted: bool(new)),
        # as in the history: a change of case is a change, but not one to or from another value
        Operator("changed", "Changed", 0, lambda old, new, _wanted: (old or "") != (new or "")),
        Operator(
            "changed_to",
            "Changed to",
            1,
            lambda old, new, wanted: not _same(old, new) and _same(new, wanted[0]),
        ),
        Operator(
            "changed_from",
            "Changed from",
            1,
            lambda old, new, wanted: not _same(old, new) and _same(old, wanted[0]),
        ),
    )
}


def holds(condition: Condition, before: Value, after: Value) -> bool:
    """Return whether a condition holds for a field's value before and after a change.

    On creation every value was unset before, so "Status Changed to Complete" also holds for a ticket
    that is created complete. An operator that no longer exists holds for nothing.
    """
    operator = OPERATORS.get(condition.operator)
    if operator is None or (operator.operands and not condition.operands):
        return False
    return operator.holds(before, after, condition.operands)
