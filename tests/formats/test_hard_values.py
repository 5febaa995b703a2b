"""Whatever a value holds, an independent parser reads it back, and what could not be carried is counted."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal.callouts.formats import FORMATS
from portal.core.wire import FIELD_NAMES, Fields, Request, encodable, printable_in_xml
from tests.formats.readers import CASES
from tests.formats.samples import HARD_VALUES, MODEST, SAMPLE, WAYS, any_fields, expected, in_xml

Reader = Callable[[Request], dict[str, str]]


def arrives(way: str, read: Reader, fields: Fields) -> None:
    name, target = WAYS[way]
    request = FORMATS[name].encode(fields, target)
    values, replaced = expected(way, fields)
    assert read(request) == values
    assert request.replaced == replaced


def test_a_hard_value_arrives_in_every_field(subtests):
    for hard, text in HARD_VALUES.items():
        for way, read in CASES:
            with subtests.test(hard=hard, way=way):
                for name in FIELD_NAMES:
                    arrives(way, read, replace(SAMPLE, **{name: text}))
                arrives(way, read, Fields(*[text] * len(FIELD_NAMES)))


@MODEST
@given(st.sampled_from(CASES), any_fields)
def test_any_seven_texts_arrive(case: tuple[str, Reader], fields: Fields):
    arrives(*case, fields)


def test_a_body_is_utf_8_whatever_the_values_hold(subtests):
    for way in WAYS:
        with subtests.test(way=way):
            name, target = WAYS[way]
            for text in HARD_VALUES.values():
                request = FORMATS[name].encode(Fields(*[text] * len(FIELD_NAMES)), target)
                request.body.decode("utf-8")
                request.url.encode("ascii")


def test_each_replaced_character_is_counted_once():
    name, target = WAYS["SOAP"]
    fields = replace(SAMPLE, status="\x00\x01", udf="\ud800x\ufffe\uffff", domain="\ufffd is itself")
    assert FORMATS[name].encode(fields, target).replaced == 5
    assert FORMATS[name].encode(SAMPLE, target).replaced == 0


def test_a_form_carries_control_characters_and_loses_only_surrogates():
    assert encodable("\x00\x01\ufffe\uffff") == ("\x00\x01\ufffe\uffff", 0)
    assert encodable("a\ud83d\ude00b") == ("a\ufffd\ufffdb", 2)


def test_xml_keeps_just_the_characters_that_lxml_can_write():
    element = etree.Element("a")

    def lxml_takes(character: str) -> bool:
        try:
            element.text = character
        except ValueError:
            return False
        return True

    codes = [*range(0x11000), *range(0x11000, 0x110000, 0xFFF), 0x1FFFE, 0x10FFFF]
    for character in map(chr, codes):
        kept = printable_in_xml(character) == (character, 0)
        assert kept == lxml_takes(character), hex(ord(character))
        assert printable_in_xml(character) == in_xml(character)
