"""The text of an element, whole or not at all; and what text an element can hold.

lxml's ``text`` ends at the first element inside: of ``AL<b/>ERT`` it gives ``AL``.
"""

import re
from collections.abc import Iterator

from lxml import etree

from portal.api.entities.kinds import shortened

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotReadable(Exception):  # noqa: N818 - a verdict on an element, and reads so at the `except`
    """The element holds something that would be lost; the text says what."""


def text_of(element: etree._Element) -> str:
    """Give the text of an element that must hold nothing else. Raises NotReadable."""
    if len(element):
        raise NotReadable(f"{_name(element)} holds elements; it must hold a text.")
    return element.text or ""


def without_text(element: etree._Element) -> Iterator[etree._Element]:
    """Give the elements in an element that must hold no text beside them. Raises NotReadable."""
    stray = "".join([element.text or "", *(child.tail or "" for child in element)]).strip()
    if stray:
        raise NotReadable(f"{_name(element)} holds the text “{shortened(stray)}” beside its elements.")
    return iter(element)


def printable(text: str) -> str:
    """Put U+FFFD where a character can't stand in XML."""
    return _NOT_XML.sub("\ufffd", text)


def _name(element: etree._Element) -> str:
    return shortened(etree.QName(element).localname)
