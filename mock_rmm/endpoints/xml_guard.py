"""Looks at an XML document before any other parser may: hostile ones end here, in milliseconds.

What goes on from here is UTF-8 without a declaration, has no DOCTYPE (so no entities of its own) and is
shallow, of few elements and sparing with attributes.
One element with 100,000 attributes can cost a later stage over a minute.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lxml import etree

DEEPEST = 32
MOST_ATTRIBUTES = 64
MOST_ELEMENTS = 10_000
CHARSETS = {"utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii", "iso8859-1", "iso8859-15", "cp1252"}

_DECLARATION = re.compile(r"\A\s*<\?xml\s[^>]{0,200}?\?>")
_DECLARED = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s{0,100}<\?xml\s[^>]{0,100}?encoding\s{0,10}=\s{0,10}["']([^"']{1,40})["']"""
)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True)
class Document:
    """Well-formed, harmless, UTF-8."""

    body: bytes
    root: str  # the root element, as "namespace name"


@dataclass(frozen=True)
class Hostile:
    """Not to be parsed, and why."""

    problem: str


class _Stop(Exception):  # noqa: N818 (a way out of expat's callbacks)
    pass


def look(body: bytes, charset: str) -> Document | Hostile:
    if not body.strip():
        return Hostile("The request has no body.")
    text = _decode(body, charset)
    if isinstance(text, Hostile):
        return text
    clean = _DECLARATION.sub("", text.lstrip("\ufeff"), count=1).encode("utf-8", "replace")
    scan = _Scan()
    try:
        scan.run(clean)
    except _Stop as stop:
        return Hostile(str(stop))
    except expat.ExpatError as error:
        return Hostile(f"The body is not well-formed XML: {error}.")
    return Document(clean, scan.root)


def _decode(body: bytes, charset: str) -> str | Hostile:
    name = charset_of(body, charset)
    known = codec_of(name)
    # A list of those taken: some codecs cost quadratic time, and some don't give text at all
    if known not in CHARSETS:
        return Hostile(f"The charset {name[:40]!a} isn't known here: send UTF-8.")
    try:
        return body.decode(known)
    except UnicodeDecodeError:
        return Hostile(f"The body doesn't decode as {known}.")


def codec_of(name: str) -> str:
    """The name that Python has for a charset; nothing if it is none."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    is_text = getattr(found, "_is_text_encoding", True) and found.name not in {"idna", "punycode"}
    return found.name if is_text else ""


def charset_of(body: bytes, charset: str) -> str:
    """What the Content-Type says goes before the document's mark, and that before its declaration."""
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    return charset or marked or declared_charset(body) or "utf-8"


def declared_charset(body: bytes) -> str:
    """What the XML declaration says, if there is one that says it."""
    declared = _DECLARED.match(body)
    return declared[1].decode("ascii", "replace") if declared else ""


class _Scan:
    def __init__(self) -> None:
        self.root = ""
        self._depth = 0
        self._elements = 0

    def run(self, body: bytes) -> None:
        parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.Parse(body, True)  # noqa: FBT003 (expat's isfinal)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.root = self.root or name
        self._depth += 1
        self._elements += 1
        if len(attributes) > MOST_ATTRIBUTES:
            raise _Stop(f"An element has {len(attributes):,} attributes; {MOST_ATTRIBUTES} are the most.")
        if self._depth > DEEPEST:
            raise _Stop(f"The document is nested more than {DEEPEST} elements deep.")
        if self._elements > MOST_ELEMENTS:
            raise _Stop(f"The document has more than {MOST_ELEMENTS:,} elements.")

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _doctype(self, *_details: Any) -> None:
        raise _Stop("The document has a DOCTYPE, which is refused: it could define entities. Leave it out.")


_ONE_NAME = re.compile(r"[^\s<>/&:=\"']+")


def is_name(text: str) -> bool:
    """Whether an element may have it for its name, without a prefix."""
    return _ONE_NAME.fullmatch(text) is not None and _parses(f"<{text}/>")


def is_namespace(text: str) -> bool:
    return _parses(f"<a xmlns={quoteattr(text)}/>")


def _parses(document: str) -> bool:
    try:
        etree.fromstring(document.encode())
    except (etree.XMLSyntaxError, UnicodeEncodeError):
        return False
    return True
