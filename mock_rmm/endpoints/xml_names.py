"""Whether a text can be a name or a namespace in XML, as libxml2 sees it, which is among the stricter."""

import re
from xml.sax.saxutils import quoteattr

from lxml import etree

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
