"""Bodies as one can read them: XML and JSON indented, forms decoded, binary as a hex dump.

Bodies come from strangers. They are short (16 KiB), and whatever can't be read is shown as it came.
"""

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl
from xml.dom.minidom import Element, Node, Text
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.minidom import parseString

from portal.core.charsets import is_known, markup_text

_FORM = "application/x-www-form-urlencoded"
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_DECLARATION = re.compile(r"\s*(<\?xml[^>]*\?>)")
# shown as the pictures that Unicode has for them
_CONTROLS = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"} | {0x7F: 0x2421}
_MOST_PRETTY = 128 * 1024
_DUMPED, _DUMP_LINE = 512, 8
_PRINTABLE = range(0x20, 0x7F)
_MAX_FIELDS = 1000
# the longest character in any of the charsets, less one: a cut may leave this much of one behind
_HALF_CHARACTER = 3


@dataclass(frozen=True, slots=True)
class Body:
    """``text`` is the body as it came, ``pretty`` the readable form, "" where there is no other."""

    text: str
    pretty: str = ""
    kind: str = ""
    binary: bool = False
    size: int = 0


def of_text(text: str, content_type: str) -> Body:
    """Show a body that is text, such as every request's."""
    media_type = content_type.partition(";")[0].strip().lower()
    kind, pretty = _pretty(text, media_type)
    shown = text.translate(_CONTROLS)
    pretty = pretty.translate(_CONTROLS)
    return Body(shown, "" if pretty == shown else pretty, kind, size=len(text.encode("utf-8", "replace")))


def of_bytes(body: bytes, media_type: str, charset: str, *, cut: bool) -> Body:
    """Show a body of unknown kind; ``cut`` says that its end is missing."""
    text = _decoded(body, charset, cut=cut)
    if text is None:
        return Body(_dump(body), kind="Binary", binary=True, size=len(body))
    shown = of_text(text, media_type)
    return Body(shown.text, shown.pretty, shown.kind, size=len(body))


def form_lines(text: str) -> str:
    """Decode a form or a URL's query, a line for each field."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return ""
    return "\n".join(f"{name} = {value}" for name, value in pairs).translate(_CONTROLS)


def _pretty(text: str, media_type: str) -> tuple[str, str]:
    start = text.lstrip()[:5].lower()
    if media_type == _FORM:
        return "Form", form_lines(text)
    if media_type in _HTML or start in {"<!doc", "<html"}:
        return "HTML", ""
    if media_type.endswith("xml") or start == "<?xml":
        return "XML", _pretty_xml(text)
    if media_type.endswith("json") or start[:1] in {"{", "["}:
        return "JSON", _pretty_json(text)
    return "Text" if text else "", ""


def _pretty_xml(text: str) -> str:
    """Indent a document; "" when it is none. Prefixes and attributes stay as they are."""
    try:
        root: Element = parseString(text.lstrip(), forbid_dtd=True).documentElement  # type: ignore[assignment]
        _drop_blanks(root)
        pretty: str = root.toprettyxml(indent="  ").rstrip("\n")
    except (ExpatError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return ""
    if len(pretty) > _MOST_PRETTY:
        return ""
    declared = _DECLARATION.match(text)
    return f"{declared[1]}\n{pretty}" if declared else pretty


def _drop_blanks(element: Element) -> None:
    """Remove the white space between elements, but not the text of one that has nothing else."""
    children = list(element.childNodes)
    if not any(child.nodeType == Node.ELEMENT_NODE for child in children):
        return
    for child in children:
        if isinstance(child, Text) and not child.data.strip():
            element.removeChild(child)
        elif isinstance(child, Element):
            _drop_blanks(child)


def _pretty_json(text: str) -> str:
    try:
        pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""
    return pretty if len(pretty) <= _MOST_PRETTY else ""


def _decoded(body: bytes, charset: str, *, cut: bool) -> str | None:
    """Return a body's text; None when it is binary."""
    names = [charset] if is_known(charset) else []
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        names.append("utf-16")
    for name in (*names, "utf-8-sig"):
        for lost in range(_HALF_CHARACTER + 1 if cut else 1):
            try:
                text = body[: len(body) - lost].decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
            if "\x00" not in text:
                return text.removeprefix("\ufeff")
    if b"\x00" not in body and body.lstrip().startswith(b"<"):
        # as the format reads it: by the XML declaration, or by a guess
        return markup_text(body, charset)
    return None


def _dump(body: bytes) -> str:
    lines = []
    for start in range(0, min(len(body), _DUMPED), _DUMP_LINE):
        row = body[start : start + _DUMP_LINE]
        shown = "".join(chr(byte) if byte in _PRINTABLE else "." for byte in row)
        lines.append(f"{start:08x}  {row.hex(' '):<{_DUMP_LINE * 3}} |{shown}|")
    if len(body) > _DUMPED:
        lines.append(f"… {len(body) - _DUMPED:,} more bytes")
    return "\n".join(lines)
