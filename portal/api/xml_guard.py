"""Looks at an XML document before anything else reads it, and gives it back harmless.

Some documents cost a parser minutes, or the machine its memory: one element with 100,000 attributes, a
tower of elements, entities that grow. This only walks through with expat, and stops at the first thing
that no honest client sends. What comes out is UTF-8 without a declaration, so whoever reads it next sees
the document that was looked at and no other.
"""

import codecs
import re
from typing import Any
from xml.parsers import expat

# 200 tickets with all their fields and a hundred UDFs each
MOST_ELEMENTS = 100_000
MOST_ATTRIBUTES = 50
DEEPEST = 40
# Only these: some of Python's codecs take quadratic time, and some give no text.
_CHARSETS = {
    "ascii": "us-ascii",
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "iso8859-1": "iso-8859-1",
    "iso8859-15": "iso-8859-15",
    "cp1252": "windows-1252",
}
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_DECLARED = re.compile(
    rb"""\s{0,80}<\?xml [^>]{0,80}?encoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._-]{1,40})["']"""
)
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,200}\?>")


class Hostile(Exception):  # noqa: N818 - a verdict on a document, and reads so at the `except`
    """The document is not to be read; the text says why."""


def harmless(body: bytes, charset: str = "") -> bytes:
    """Give a well-formed document without DOCTYPE, of bearable size. Raises Hostile.

    ``charset`` is what the transport said; it is believed before the document's own declaration.
    """
    if not body.strip():
        raise Hostile("The request is empty; it must hold an XML document.")
    text = _decode(body, charset or _own_charset(body)).removeprefix("\ufeff")
    return harmless_text(text)


def harmless_text(text: str) -> bytes:
    """The same for a document that was read out of another. Raises Hostile."""
    if not text.strip():
        raise Hostile("It is empty.")
    text = text.lstrip()
    declaration = _DECLARATION.match(text)
    return _walked(text[declaration.end() if declaration else 0 :].encode())


def _own_charset(body: bytes) -> str:
    for mark, charset in _MARKS.items():
        if body.startswith(mark):
            return charset
    declared = _DECLARED.match(body)
    return declared[1].decode("ascii") if declared else "utf-8"


def _decode(body: bytes, charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = ""
    if name not in _CHARSETS:
        raise Hostile(f"The charset {charset[:40]!a} is not understood here. Send UTF-8.")
    try:
        return body.decode(name)
    except UnicodeDecodeError as error:
        raise Hostile(f"The bytes are not what they should be in {_CHARSETS[name]}.") from error


def _walked(body: bytes) -> bytes:
    walk = _Walk()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = walk.enter
    parser.EndElementHandler = walk.leave
    parser.StartNamespaceDeclHandler = walk.declare
    parser.StartDoctypeDeclHandler = walk.refuse_doctype
    parser.ordered_attributes = True
    try:
        parser.Parse(body, True)  # noqa: FBT003 - expat's `isfinal`
    except expat.ExpatError as error:
        raise Hostile(f"It is not well-formed XML: {error}.") from error
    return body


class _Walk:
    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0
        self._namespaces = 0

    def declare(self, *_namespace: Any) -> None:
        self._namespaces += 1
        if self._namespaces > MOST_ATTRIBUTES:
            raise Hostile(f"An element declares more than {MOST_ATTRIBUTES} namespaces.")

    def enter(self, _name: str, attributes: list[str]) -> None:
        # expat tells an element's namespaces before the element
        self._namespaces = 0
        self._depth += 1
        self._elements += 1
        if len(attributes) > 2 * MOST_ATTRIBUTES:
            raise Hostile(f"An element has more than {MOST_ATTRIBUTES} attributes.")
        if self._depth > DEEPEST:
            raise Hostile(f"Its elements are nested more than {DEEPEST} deep.")
        if self._elements > MOST_ELEMENTS:
            raise Hostile(f"It has more than {MOST_ELEMENTS:,} elements. Send it in several requests.")

    def leave(self, _name: str) -> None:
        self._depth -= 1

    def refuse_doctype(self, *_parts: Any) -> None:
        raise Hostile("It has a DOCTYPE, which could define entities. Leave it out.")
