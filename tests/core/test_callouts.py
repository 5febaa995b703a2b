"""The form's rules: what a method name must look like."""

import sys
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from portal.core.callouts import soap_method_problem, xml_rpc_method_problem


def test_a_soap_method_is_an_elements_name(subtests):
    for name in [
        "Do",
        "MyWebMethod",
        "_do",
        "do.it-now_2",
        "Größe",
        "über",
        "é1",
        "方法",
        "Действие",
        "Ωmega",
        "A·b",
    ]:
        with subtests.test(name=name):
            assert soap_method_problem(name) is None


def test_a_soap_method_that_is_no_elements_name_is_refused(subtests):
    for name in [
        "",
        " ",
        "1do",
        "-do",
        ".do",
        "do it",
        "ns:do",
        "do/it",
        "<do>",
        "do\n",
        "do&",
        "²do",
        "do²",
        "a×b",
        "ªx",
        "a\x00",
        "٣do",
        "do;",
        "�",
        "do\ufffe",
        "½",
        "a\u2028",
    ]:
        with subtests.test(name=name):
            said = soap_method_problem(name)
            assert said is not None
            assert "XML element" in said


@settings(max_examples=100, deadline=None, database=None)
@given(
    st.text(st.characters(exclude_categories=[]), min_size=1, max_size=8)
    | st.text("aé·-.1:<>/&!?[]='\"\x00 ")
)
def test_a_soap_method_that_passes_is_read_as_one_element_of_that_name(name: str):
    if soap_method_problem(name) is None:
        for read in (ET.fromstring, etree.fromstring):
            root = read(f"<{name}/>")
            assert (root.tag, dict(root.attrib), len(root)) == (name, {}, 0)


def test_every_character_that_a_soap_method_may_hold_makes_well_formed_xml():
    everything = list(map(chr, [*range(0x3400), *range(0x3400, 0x30000, 61), *range(0xD700, 0x10400)]))
    starts = [each for each in everything if soap_method_problem(each) is None]
    inside = [each for each in everything if soap_method_problem(f"a{each}") is None]
    assert set("_azAZéß") <= set(starts) < set(inside)
    # libxml2 knows the fifth edition's names, and takes one of this length only when told to
    document = "<r>" + "".join(f"<{each}/>" for each in starts) + f"<a{''.join(inside)}/></r>"
    etree.fromstring(document, etree.XMLParser(huge_tree=True))
    ET.fromstring(document)


def test_an_xml_rpc_method_has_the_specifications_characters(subtests):
    for name in ["rmm.ticketChanged", "a", "1", "system.list_methods", "x:y/z", "A_b.9"]:
        with subtests.test(name=name):
            assert xml_rpc_method_problem(name) is None


def test_an_xml_rpc_method_with_other_characters_is_refused(subtests):
    for name in ["", " ", "a b", "a-b", "é", "a\n", "<a>", "a&b", "a+b", "٣", "a\x00"]:
        with subtests.test(name=name):
            said = xml_rpc_method_problem(name)
            assert said is not None
            assert "XML-RPC" in said


def test_pythons_digits_are_not_limited_by_the_environment():
    # the tests of huge numbers mean something only with the usual limit
    assert sys.get_int_max_str_digits() in {0, 4300}
