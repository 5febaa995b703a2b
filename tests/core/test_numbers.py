"""Numbers are compared exactly, by the database's key as by themselves."""

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.numbers import number_key, read_number

NUMBERS = st.from_regex(
    r"[+-]?([0-9]{1,40}[.]?[0-9]{0,40}|[.][0-9]{1,40})([eE][+-]?[0-9]{1,3})?", fullmatch=True
)


@settings(max_examples=100, deadline=None, database=None)
@given(NUMBERS, NUMBERS)
def test_keys_sort_as_the_numbers_do(one: str, other: str):
    a, b = read_number(one), read_number(other)
    keys = number_key(one), number_key(other)
    assert ((a > b) - (a < b)) == ((keys[0] > keys[1]) - (keys[0] < keys[1]))


def test_what_is_no_number_has_no_key(subtests):
    for text in ["", "many", "1_000", "٣", "1,5", "0x10", "inf", "NaN", "1e1000", "1" * 256, "."]:
        with subtests.test(text=text):
            assert read_number(text) is None
            assert number_key(text) is None
