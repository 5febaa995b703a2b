"""Conditions of rules: each operator, before and after a change."""

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.rules import OPERATORS, Condition, Value, holds

YES, NO = True, False

# operator: (before, after, operands, whether it holds)
CASES: dict[str, list[tuple[Value, Value, tuple[str, ...], bool]]] = {
    "equal": [
        ("1", "5", ("5",), YES),
        ("5", "5", ("5",), YES),
        ("5", "1", ("5",), NO),
        (None, "5.0", ("5",), YES),
        (None, " 5 ", ("5",), YES),
        (None, "55", ("5",), NO),
        (None, "Disk Full", ("disk full",), YES),
        (None, "straße", ("STRASSE",), YES),
        (None, "Cafe\u0301", ("CAFÉ",), YES),
        (None, "9007199254740993", ("9007199254740992",), NO),
        (None, "01.0", ("+1e0",), YES),
        (None, "-0", ("0",), YES),
        (None, "1_0", ("10",), NO),
        (None, None, ("",), YES),
        (None, "", ("",), YES),
        ("x", None, ("x",), NO),
        (None, "NaN", ("nan",), YES),
        (None, "Infinity", ("inf",), NO),
    ],
    "not_equal": [
        ("1", "5", ("5",), NO),
        ("5", "1", ("5",), YES),
        (None, None, ("5",), YES),
        (None, None, ("",), NO),
        (None, "DISK", ("disk",), NO),
        (None, "5.00", ("5",), NO),
    ],
    "greater": [
        (None, "10", ("9",), YES),
        (None, "9", ("10",), NO),
        (None, "9", ("9",), NO),
        (None, "-1", ("-2",), YES),
        (None, "1e3", ("999",), YES),
        (None, "b", ("A",), YES),
        (None, None, ("0",), NO),
        (None, "", ("",), NO),
        (None, "0", ("-1",), YES),
        (None, "2026-01-02T00:00:00+00:00", ("2026-01-01",), YES),
        (None, "2025-12-31T23:59:59+00:00", ("2026-01-01",), NO),
        (None, "1e999999999", ("1",), YES),
    ],
    "less": [
        (None, "9", ("10",), YES),
        (None, "10", ("9",), NO),
        (None, "9", ("9.0",), NO),
        (None, "a", ("B",), YES),
        (None, None, ("9",), NO),
        (None, "", ("9",), NO),
        (None, "2025-12-31", ("2026-01-01",), YES),
    ],
    "contains": [
        (None, "Disk full on SRV1", ("srv1",), YES),
        (None, "Disk full", ("srv1",), NO),
        (None, None, ("srv1",), NO),
        (None, "GROSSE STRASSE", ("straße",), YES),
        (None, "100%", ("%",), YES),
        (None, "a.b", ("a?b",), NO),
    ],
    "in_list": [
        (None, "5", ("1", "5"), YES),
        (None, "7", ("1", "5"), NO),
        (None, "five", ("FIVE",), YES),
        (None, None, ("1",), NO),
        (None, None, ("",), YES),
    ],
    "not_in_list": [
        (None, "5", ("1", "5"), NO),
        (None, "7", ("1", "5"), YES),
        (None, None, ("1",), YES),
    ],
    "empty": [("x", None, (), YES), ("x", "", (), YES), (None, "x", (), NO), (None, "0", (), NO)],
    "not_empty": [(None, "x", (), YES), (None, "0", (), YES), ("x", None, (), NO), ("x", "", (), NO)],
    "changed": [
        ("1", "5", (), YES),
        ("5", "5", (), NO),
        (None, "5", (), YES),
        ("5", None, (), YES),
        (None, None, (), NO),
        (None, "", (), NO),
        ("", None, (), NO),
        # the history tells of these changes, so they are ones
        ("disk", "Disk", (), YES),
        ("007", "7", (), YES),
    ],
    "changed_to": [
        ("1", "5", ("5",), YES),
        ("5", "5", ("5",), NO),
        ("5", "1", ("5",), NO),
        (None, "5", ("5",), YES),
        ("1", None, ("",), YES),
        (None, None, ("",), NO),
        ("complete", "Complete", ("COMPLETE",), NO),
    ],
    "changed_from": [
        ("5", "1", ("5",), YES),
        ("5", None, ("5",), YES),
        ("5", "5", ("5",), NO),
        ("1", "5", ("5",), NO),
        (None, "5", ("",), YES),
        (None, None, ("",), NO),
    ],
}
ALL_CASES = [(operator, *case) for operator, cases in CASES.items() for case in cases]


def test_an_operator_holds_just_when_its_words_say_so(subtests):
    for operator, before, after, operands, expected in ALL_CASES:
        with subtests.test(
            operator=operator, before=before, after=after, operands=operands, expected=expected
        ):
            assert holds(Condition("status", operator, operands), before, after) is expected


def test_every_operator_is_tried_both_ways(subtests):
    for operator in OPERATORS:
        with subtests.test(operator=operator):
            assert {case[3] for case in CASES[operator]} == {YES, NO}
            assert OPERATORS[operator].name == operator
            assert OPERATORS[operator].label


def test_an_operator_without_the_value_it_wants_holds_for_nothing(subtests):
    for operator in [name for name, each in OPERATORS.items() if each.operands]:
        with subtests.test(operator=operator):
            for before, after in ((None, None), ("1", "5"), ("5", "5"), ("", "x")):
                assert not holds(Condition("status", operator, ()), before, after)


def test_an_operator_that_does_not_exist_holds_for_nothing(subtests):
    for operator in ["", "nonsense", "EQUAL", "Equal to"]:
        with subtests.test(operator=operator):
            assert not holds(Condition("status", operator, ("5",)), "1", "5")


ODD = ["1e999999999", "-1e-999999", "NaN", "sNaN", "-Infinity", "1_000", "٣", "0x1", "\ud800"]
any_value = st.text(max_size=12) | st.sampled_from(ODD)


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.sampled_from(sorted(OPERATORS)),
    st.none() | any_value,
    st.none() | any_value,
    st.lists(any_value, min_size=1, max_size=3),
)
def test_no_operator_raises_whatever_the_values_are(
    operator: str, before: Value, after: Value, operands: list[str]
):
    assert holds(Condition("udf:1", operator, tuple(operands)), before, after) in {True, False}


@settings(max_examples=100, deadline=None, database=None)
@given(st.none() | st.text(max_size=8), st.none() | st.text(max_size=8), st.text(max_size=8))
def test_opposites_never_hold_together(before: Value, after: Value, operand: str):
    for one, other in (("equal", "not_equal"), ("in_list", "not_in_list"), ("empty", "not_empty")):
        assert holds(Condition("title", one, (operand,)), before, after) != holds(
            Condition("title", other, (operand,)), before, after
        )
    assert not (
        holds(Condition("title", "greater", (operand,)), before, after)
        and holds(Condition("title", "less", (operand,)), before, after)
    )
