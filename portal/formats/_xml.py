"""What the two XML formats share: careful writing of text, and careful reading of answers."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from portal.core.wire import printable_in_xml

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


def xml_text(text: str) -> tuple[str, int]:
    """Escape a text for an element's content; say how many characters XML could not carry.

    A carriage return is written as a reference, or a parser would turn it into a line feed.
    """
    clean, replaced = printable_in_xml(text)
    return escape(clean, {"\r": "&#13;"}), replaced


def mentions(body: bytes, word: bytes) -> bool:
    """Say whether a body may hold a word, also in UTF-16. It spares a parse for nearly every answer."""
    return word in body.replace(b"\x00", b"")


def parse_answer(body: bytes) -> Element | None:
    """Parse an answer's body; None when it is no XML, or XML that no honest receiver sends.

    Blank lines before the declaration, which XML forbids and PHP pages send, are forgiven.
    """
    try:
        root: Element = fromstring(body.lstrip(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root


def local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def find_by_path(element: Element | None, path: Iterable[str]) -> Element | None:
    """Walk down by local names: receivers differ in the namespaces they put on faults."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if local_name(child) == name), None)
    return element
