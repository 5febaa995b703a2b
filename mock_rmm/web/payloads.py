"""Bodies as one can read them: as text, laid out, and byte by byte where text doesn't tell."""

from lxml import etree

from mock_rmm.endpoints.xml_guard import Hostile, look

MOST_SHOWN = 64 * 1024
MOST_BYTES = 512
A_LINE = 16
ORDINARY = {"\t", "\n", "\r"}
STRANGE = "\ufffd"
"""What stands for bytes that don't decode."""


def as_text(payload: bytes) -> str:
    return payload[:MOST_SHOWN].decode("utf-8", "replace")


def cut_words(payload: bytes) -> str:
    missing = len(payload) - MOST_SHOWN
    return f"{missing:,} more bytes aren't shown here; the JSON API has them." if missing > 0 else ""


def laid_out(payload: bytes) -> str:
    """An XML document with a line for each element; empty when it is none, or stands so already."""
    if not payload.lstrip().startswith(b"<") or len(payload) > MOST_SHOWN:
        return ""
    document = look(payload, "")
    if isinstance(document, Hostile):
        return ""
    try:
        root = etree.fromstring(document.body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return ""
    etree.indent(root, "  ")
    text = etree.tostring(root, encoding="unicode")
    return "" if text.strip() == as_text(payload).strip() else text


def byte_lines(payload: bytes) -> str:
    """The first bytes with their place and their text, when the text alone hides what came; else nothing."""
    text = as_text(payload)
    if all(character.isprintable() or character in ORDINARY for character in text) and STRANGE not in text:
        return ""
    shown = payload[:MOST_BYTES]
    lines = [shown[place : place + A_LINE] for place in range(0, len(shown), A_LINE)]
    return "\n".join(
        f"{number * A_LINE:06x}  {line.hex(' '):<47}  {''.join(map(_letter, line))}"
        for number, line in enumerate(lines)
    )


def _letter(byte: int) -> str:
    return chr(byte) if byte in range(0x20, 0x7F) else "."
