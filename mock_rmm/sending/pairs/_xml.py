"""What both XML formats need: text that XML can carry, and a wary look at an answer."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from mock_rmm.callout import FIELDS, Callout
from mock_rmm.xml_text import NOT_XML, REPLACEMENT

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


def escaped_values(values: Callout) -> tuple[dict[str, str], int]:
    """Give the seven values as an element's content, and how many characters had to be replaced."""
    count = 0
    found = {}
    for name in FIELDS:
        text, replaced = NOT_XML.subn(REPLACEMENT, getattr(values, name))
        # As a reference, since a parser makes a line feed of a bare one
        found[name] = escape(text, {"\r": "&#13;"})
        count += replaced
    return found, count


def root_of(body: bytes, name: str) -> Element | None:
    """Parse an answer; None unless it is XML without a DTD, whose root has this local name."""
    try:
        # Some pages write blank lines before the declaration
        root: Element = fromstring(body.lstrip(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return None
    return root if _local(root) == name else None


def unread_fault(body: bytes, name: str) -> str | None:
    """The first line of an answer that is no XML, if an element of this name is in it all the same.

    Whoever can't read a fault has not heard that all is well.
    """
    plain = body.replace(b"\x00", b"")
    try:
        fromstring(plain.lstrip(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        if re.search(rb"<(?:[\w.-]{1,100}:)?%b[\s/>]" % name.encode(), plain):
            line = next(filter(None, map(bytes.strip, plain.splitlines())))
            return f"it can't be read well: {line[:200].decode('utf-8', 'replace')}"
    return None


def at(element: Element | None, *path: str) -> Element | None:
    """Walk down by local names, always to the first: receivers differ in their namespaces."""
    for name in path:
        element = next(_named(element, name), None) if element is not None else None
    return element


def text_of(element: Element | None) -> str:
    """Give all text inside, in one line."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _named(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if _local(child) == name)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
