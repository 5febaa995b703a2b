"""What the two XML formats share: careful writing of text, and reading of answers, however badly written."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from html.entities import html5
from typing import cast
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from lxml import etree

from portal.core.charsets import markup_text, parameters
from portal.core.verdicts import Answered
from portal.core.wire import Fault, one_line, printable_in_xml

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
# In small letters, since receivers differ in theirs too. A fault stands within these alone.
_FAULT, _ENVELOPES, _HOLDERS = (
    "fault",
    frozenset({"envelope", "methodresponse"}),
    frozenset({"body", "params"}),
)
_AROUND = _ENVELOPES | _HOLDERS
_FIRST_LINE = 200
_FAULT_TAG = re.compile(r"<(?:[^\W\d][\w.-]*:)?fault(?=[\s/>]|\Z)", re.IGNORECASE)
_ROOT_TAG = re.compile(r"<(?:[^\W\d][\w.-]*:)?(?:envelope|methodresponse|fault)(?=[\s/>])", re.IGNORECASE)
_HTML_TAG = re.compile(r"<(?:!doctype\s+)?html\b", re.IGNORECASE)
# what is no content, each with its end; of a document type only a short inner part is understood
_APART = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
_OPENING = re.compile(r"<!--|<!\[CDATA\[|<\?")
_DOCTYPE = re.compile(
    r"<!DOCTYPE(?:\"[^\"]*\"|'[^']*'|[^\[\"'>])*+(?:\[(?:\"[^\"]*\"|'[^']*'|[^\]\"'])*+\]\s*)?>"
)
_LOOSE = re.compile(r"&(?:#(\d{1,7}|x[0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{0,30};))?|<(?![^\W\d]|[/:])")
_PART_BEGINS = re.compile(rb"\s*--([!-~][ -~]{0,68}[!-~])[ \t]*\r?\nContent-", re.IGNORECASE)
_OF_XML = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})


@dataclass(frozen=True, slots=True)
class Document:
    """What could be read of an answer. ``root`` is None where no element was found; with ``mended`` it is an
    element around what was read past mistakes.
    """

    text: str
    root: Element | None = None
    mended: bool = False
    fault: Fault | None = None
    html: bool = False


def xml_text(text: str) -> tuple[str, int]:
    """Escape a text for an element's content; say how many characters XML could not carry.

    A carriage return is written as a reference, or a parser would turn it into a line feed.
    """
    clean, replaced = printable_in_xml(text)
    return escape(clean, {"\r": "&#13;"}), replaced


def read_answer(answer: Answered) -> Document:
    """Read an answer's body, and find the fault of either format in it.

    What is well-formed is judged by its structure: a fault stands in the envelope, not in what a method gave
    back. Anything else is read past its mistakes by a parser that knows no DTD, so it expands and fetches
    nothing; if there is an element of that name left that can't be placed, it is a fault too.
    """
    body, content_type = _root_part(answer.body, answer.header("content-type"))
    text = markup_text(body, parameters(content_type).get("charset", "")).strip("\ufeff \t\r\n\x00")
    root = _well_formed(text)
    if root is None:
        return _read_past_mistakes(text, content_type)
    found = _placed_fault(root)
    html = local_name(root).lower() == "html"
    return Document(text, root, fault=None if found is None else Fault(_reason(found)), html=html)


def local_name(element: Element) -> str:
    """Give an element's name without namespace, and without a prefix that was never declared."""
    return element.tag.rpartition("}")[2].rpartition(":")[2]


def find_by_path(element: Element | None, path: Iterable[str]) -> Element | None:
    """Walk down by local names: receivers differ in the namespaces they put on faults, and in capitals."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if local_name(child).lower() == name.lower()), None)
    return element


def find_envelope(root: Element | None, name: str) -> Element | None:
    """Give the format's outermost element: the root, or the first of that name among what was mended."""
    among = () if root is None else root.iter()
    return next((each for each in among if local_name(each).lower() == name.lower()), None)


def _well_formed(text: str) -> Element | None:
    """Parse what is well-formed; a document type is taken away, and then the rest may be."""
    for each in (str, _content):
        try:
            root: Element = fromstring(each(text), forbid_dtd=True)
        except DefusedXmlException:
            continue
        except (ParseError, ValueError, LookupError):
            return None
        return root
    return None


def _read_past_mistakes(text: str, content_type: str) -> Document:
    content = _content(text)
    begin = _ROOT_TAG.search(content)
    root = _recovered(content[begin.start() :]) if begin else None
    found, seen, answered = (None, 0, False) if root is None else _loose_fault(root)
    tags = len(_FAULT_TAG.findall(content))
    fault = None
    if found is not None and (said := _reason(found, absent="")):
        fault = Fault(said)
    elif found is not None or tags > seen or (tags and not answered):
        line = next(filter(None, map(str.strip, text.splitlines())), "")
        fault = Fault(one_line(line, _FIRST_LINE), clear=False)
    is_html = _HTML_TAG.search(text) or content_type.strip().lower().startswith("text/html")
    return Document(
        text, root, mended=True, fault=fault, html=root is None and bool(is_html and "<" in content)
    )


def _recovered(content: str) -> Element | None:
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        # an element around it: what follows the root belongs to the answer, too
        root = etree.fromstring(f"<_>{content}</_>".encode(), parser)
    except etree.XMLSyntaxError:
        return None
    # lxml's elements are read as the standard library's are
    return cast("Element | None", root)


def _content(text: str) -> str:
    """Take comments, processing instructions and document types away, write CDATA as text, and make what
    XML can't carry harmless: references to nothing, control characters, lone "&" and "<".
    """
    pieces, at, endless = [], 0, set()
    while opening := _OPENING.search(text, at):
        pieces.append(text[at : opening.start()])
        at = opening.end()
        mark = opening[0]
        end = -1 if mark in endless else text.find(_APART[mark], at)
        if end < 0:
            # what never ends hides nothing
            endless.add(mark)
            continue
        if mark == "<![CDATA[":
            pieces.append(escape(text[at:end]))
        at = end + len(_APART[mark])
    whole = "".join([*pieces, text[at:]])
    place = whole.find("<!DOCTYPE")
    if place >= 0 and (doctype := _DOCTYPE.match(whole, place)):
        whole = whole[:place] + whole[doctype.end() :]
    return printable_in_xml(_LOOSE.sub(_harmless, whole.replace("\x00", "")))[0]


def _harmless(found: re.Match[str]) -> str:
    number, name = found.groups()
    if name in _OF_XML:
        return found[0]
    if name in html5:
        return escape(html5[name])
    if number:
        code = int(number[1:], 16) if number[0] == "x" else int(number)
        return escape(chr(code)) if code <= 0x10FFFF else ""  # noqa: PLR2004 - Unicode's last
    return escape(found[0])


def _placed_fault(root: Element) -> Element | None:
    """Find a fault that stands where one may: at the root, or within envelopes alone."""
    waiting = [root]
    while waiting:
        element = waiting.pop()
        name = local_name(element).lower()
        if name == _FAULT:
            return element
        if name in _AROUND:
            waiting.extend(element)
    return None


def _loose_fault(root: Element) -> tuple[Element | None, int, bool]:
    """Find a fault among what was mended, unless it stands in what a method gave back.

    Says as well how many elements have that name, and whether a method gave anything back.
    """
    found, seen, answered = None, 0, False
    waiting = [(root, False)]
    while waiting:
        element, given = waiting.pop()
        name = local_name(element).lower()
        if name == _FAULT:
            seen += 1
            found = found if found is not None or given else element
        for child in element:
            inner = local_name(child).lower()
            begins = name in _HOLDERS and inner not in _AROUND and inner != _FAULT
            answered |= begins
            # a program that dies while it answers writes a second envelope into the first
            waiting.append((child, inner not in _ENVELOPES and (given or begins)))
    return found, seen, answered


def _reason(fault: Element, absent: str = "no reason given") -> str:
    """Say what a fault says: SOAP 1.1 has a faultstring, 1.2 a Reason with a Text, XML-RPC a struct."""
    for path in (("faultstring",), ("Reason", "Text")):
        if (text := find_by_path(fault, path)) is not None:
            return one_line("".join(text.itertext())) or absent
    struct = find_by_path(fault, ("value", "struct"))
    members = {} if struct is None else dict(map(_member, struct))
    code, said = (one_line(members.get(name, "")) for name in ("faultcode", "faultstring"))
    if not code:
        return said or absent
    return f"{said or 'no reason given'} (code {code})"


def _member(member: Element) -> tuple[str, str]:
    name, value = find_by_path(member, ("name",)), find_by_path(member, ("value",))
    return (
        "" if name is None else (name.text or "").strip().lower(),
        "" if value is None else "".join(value.itertext()),
    )


def _root_part(body: bytes, content_type: str) -> tuple[bytes, str]:
    """Give the part of a multipart answer that is the document (RFC 2387, 3.2), and that part's Content-Type.

    It is the one that ``start`` names, else the first. What is no multipart is given back as it is.
    """
    of_whole = parameters(content_type)
    begun = _PART_BEGINS.match(body)
    for boundary in (of_whole.get("boundary", "").encode("latin-1", "replace"), begun[1] if begun else b""):
        pieces = (
            re.split(rb"(?:\A|\r?\n)--%b(?:--)?[ \t]*(?:\r?\n|\Z)" % re.escape(boundary), body)
            if boundary
            else []
        )
        if len(pieces) > 1:
            break
    else:
        return body, content_type
    parts = [BytesHeaderParser().parsebytes(each) for each in pieces[1:] if each]
    start = of_whole.get("start", "").strip("<> ")
    named = (each for each in parts if start and str(each["content-id"]).strip("<> ") == start)
    part = next(named, parts[0] if parts else None)
    content = part.get_payload(decode=True) if part else b""
    return content if isinstance(content, bytes) else b"", str(part["content-type"]) if part else ""
