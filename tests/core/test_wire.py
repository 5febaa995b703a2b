"""The seven values in their order, and the characters that no format can carry."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from portal.core.wire import FIELD_NAMES, Fields, encodable, one_line, printable_in_xml

NAMES = ("id", "number", "status", "created_datetime", "last_activity_datetime", "domain", "udf")
VALUES = Fields("8176", "T20211120.0001", "In Progress", "then", "later", "DEV3.COM", "MY_UDF_VALUE")


def test_the_seven_values_have_the_references_names_and_order():
    assert NAMES == FIELD_NAMES
    assert tuple(name for name, _ in VALUES.pairs()) == NAMES
    assert [value for _, value in VALUES.pairs()] == [
        "8176",
        "T20211120.0001",
        "In Progress",
        "then",
        "later",
        "DEV3.COM",
        "MY_UDF_VALUE",
    ]


def test_the_values_are_kept_as_json_and_read_back_the_same_in_whatever_order_they_stand():
    kept = json.loads(json.dumps(VALUES.as_dict(), ensure_ascii=True, sort_keys=True))
    assert Fields.from_dict(kept) == VALUES
    assert list(Fields.from_dict(kept).pairs()) == list(VALUES.pairs())


def test_a_value_that_an_older_row_lacks_is_empty_and_one_that_is_unknown_is_left_out():
    read = Fields.from_dict({"id": "1", "colour": "red"})
    assert read.as_dict() == {**dict.fromkeys(NAMES, ""), "id": "1"}


def test_what_xml_cannot_carry_is_replaced_and_counted(subtests):
    for text, clean, replaced in [
        ("", "", 0),
        ("tab\tand\r\nlines stay", "tab\tand\r\nlines stay", 0),
        ("a\x00b\x1bc", "a\ufffdb\ufffdc", 2),
        ("\x0b\x0c\x1f", "\ufffd\ufffd\ufffd", 3),
        ("\ud83d\ufffe\uffff", "\ufffd\ufffd\ufffd", 3),
        ("\x7f\x85\ufdd0 are XML", "\x7f\x85\ufdd0 are XML", 0),
        ("\U0001f600\U0010ffff", "\U0001f600\U0010ffff", 0),
        ("already \ufffd", "already \ufffd", 0),
    ]:
        with subtests.test(text=text, clean=clean, replaced=replaced):
            assert printable_in_xml(text) == (clean, replaced)


def test_half_of_a_character_is_replaced_and_counted(subtests):
    for text, clean, replaced in [
        ("", "", 0),
        ("\x00\x1b\uffff is UTF-8", "\x00\x1b\uffff is UTF-8", 0),
        ("\ud83d and \ude00", "\ufffd and \ufffd", 2),
        ("\U0001f600", "\U0001f600", 0),
    ]:
        with subtests.test(text=text, clean=clean, replaced=replaced):
            assert encodable(text) == (clean, replaced)


@settings(max_examples=100, deadline=None, database=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=20))
def test_a_cleaned_text_can_be_sent_and_keeps_its_length(text: str):
    for clean, replaced in (printable_in_xml(text), encodable(text)):
        assert len(clean) == len(text)
        assert sum(a != b for a, b in zip(text, clean, strict=True)) == replaced
        clean.encode()
    etree.Element("udf").text = printable_in_xml(text)[0]


def test_what_a_receiver_said_becomes_one_line_that_is_cut_visibly(subtests):
    for text, line in [
        ("", ""),
        (" \r\n ", ""),
        ("No such\r\n\talert\u2028here", "No such alert here"),
        ("x" * 10, "x" * 10),
        ("x" * 11, "x" * 10 + "…"),
    ]:
        with subtests.test(text=text, line=line):
            assert one_line(text, 10 if text.startswith("x") else 500) == line
