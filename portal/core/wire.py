"""What goes over the wire: the seven values of a callout, and the request that carries them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Self

# XML 1.0, production [2] Char: everything else may not stand in a document, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Fields:
    """The seven values, in the order in which every format sends them."""

    id: str
    number: str
    status: str
    created_datetime: str
    last_activity_datetime: str
    domain: str
    udf: str

    def pairs(self) -> Iterator[tuple[str, str]]:
        return ((name, getattr(self, name)) for name in FIELD_NAMES)

    def as_dict(self) -> dict[str, str]:
        return dict(self.pairs())

    @classmethod
    def from_dict(cls, values: dict[str, str]) -> Self:
        return cls(*[values.get(name, "") for name in FIELD_NAMES])


FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in fields(Fields))


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a callout is sent, as it stands at the moment of sending. ``data_format`` is a format's name."""

    url: str
    transport: str
    method_name: str = ""
    soap_action: str = ""
    namespace_override: str = ""
    xml_rpc_parameters: str = "struct"
    data_format: str = "name_value"


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request. What a format writes is without the headers that every callout has.

    ``replaced`` counts the characters that the format cannot carry and that are sent as U+FFFD.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """The receiver said, in the format's own words, that it failed.

    Where these could not be read, ``clear`` is false, and ``text`` is the first line of what came.
    """

    text: str
    clear: bool = True


def printable_in_xml(text: str) -> tuple[str, int]:
    """Replace what XML 1.0 cannot carry by U+FFFD; say how many characters that were."""
    return _NOT_XML.subn(REPLACEMENT, text)


def encodable(text: str) -> tuple[str, int]:
    """Replace lone surrogates, which UTF-8 cannot carry, by U+FFFD; say how many that were."""
    return _SURROGATE.subn(REPLACEMENT, text)


def one_line(text: str, most: int = 500) -> str:
    """Fold white space and cut: what a receiver said, so that it can stand in a sentence."""
    folded = " ".join(text.split())
    return folded if len(folded) <= most else folded[:most] + "…"


# what a PHP or proxy error begins with: a page, whose elements need no end
_HTML = frozenset(b"html head body title br hr p b i a div span pre font center table h1 h2 h3".split())
_TAG = re.compile(rb"<(/?)([A-Za-z_:\x80-\xff][^\s<>/\"'=]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*+(?:\[[^\]]*+\]\s*+)?>", re.IGNORECASE)
_ENDS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}


def closed_root(body: bytes) -> bool:
    """Say whether a text is an XML document whose root element is closed, and ends with it.

    It is read by its tags alone, so neither an unknown encoding nor a stray character matters, and in one pass.
    An HTML page is none: its elements may end without a word.
    """
    in_two = body[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = body.decode("utf-16", "replace").encode() if in_two else body.removeprefix(b"\xef\xbb\xbf")
    declared = text.find(b"<?xml")
    place = max(declared, 0)
    open_names: list[bytes] = []
    if declared < 0 and not text.lstrip().startswith(b"<"):
        return False
    while (place := text.find(b"<", place)) >= 0:
        found = _TAG.match(text, place)
        if found is None:
            place = _after_markup(text, place)
            if not place:
                return False
            continue
        place = found.end()
        closes, name, rest = found.groups()
        if closes:
            if not open_names or open_names.pop() != name:
                return False
        elif not open_names and name.lower() in _HTML:
            return False
        elif not rest.endswith(b"/"):
            open_names.append(name)
        if not open_names:
            return text[place:].strip()[:4] in {b"", b"<!--"}
    return False


def _after_markup(text: bytes, place: int) -> int:
    """Give where a comment, a section or an instruction ends, and 0 when it does not; a bare ``<`` is text."""
    for begin, end in _ENDS.items():
        if text.startswith(begin, place):
            return text.find(end, place + len(begin)) + len(end) if end in text[place:] else 0
    doctype = _DOCTYPE.match(text, place)
    if doctype:
        return doctype.end()
    return place + 1 if text[place + 1 : place + 2].isspace() else 0
