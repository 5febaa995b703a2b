"""The rules of an extension callout's form: what may be combined, and what a value must look like."""

import re
from xml.parsers import expat

GET, POST = "GET", "POST"
TRANSPORTS = (GET, POST)
RESEND_ANY, RESEND_PASSING = "any", "passing"
RESEND_CHOICES = {
    RESEND_ANY: "Any error (as the original)",
    RESEND_PASSING: "Only errors that may pass (no answer, 408, 425, 429, 5xx, faults)",
}
RESEND_ORIGINAL, RESEND_LONG, RESEND_CUSTOM = "original", "long", "custom"
RESEND_PRESETS = {
    RESEND_ORIGINAL: "As the original",
    RESEND_LONG: "Long: over 27 hours, with growing pauses",
    RESEND_CUSTOM: "Custom",
}
XML_RPC_STRUCT, XML_RPC_STRINGS = "struct", "strings"
XML_RPC_CHOICES = {
    XML_RPC_STRUCT: "One struct with seven members",
    XML_RPC_STRINGS: "Seven strings, in order",
}

# What could make more of a name than a name, and the colon of a prefix that nothing declares.
_MARKUP = re.compile(r"[\s<>/&:='\"]")
_HEADER_TEXT = re.compile(r"[\x20-\x7e]*")
_NOT_XML = re.compile("[\ufffe\uffff]")
# XML-RPC specification: upper and lower-case letters, digits, underscore, dot, colon and slash.
_XML_RPC_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")


def soap_namespace(method_name: str, soap_action: str, override: str = "") -> str:
    """Return the namespace of a SOAP callout: the SOAP Action with every occurrence of the Method Name removed.

    The slash before the method stays: without it, an ASP.NET service answers 200 and reads seven empty
    values. ``override`` wins where a service's action is not namespace + method.
    """
    if override:
        return override
    return soap_action.replace(method_name, "") if method_name else soap_action


def soap_method_problem(name: str) -> str | None:
    """Say why a Method Name cannot be an XML element's name, or None.

    The parser is asked: it knows the names of XML 1.0's first editions, as .NET and Java do, and every
    one of them is also a name of the fifth.
    """
    try:
        if not _MARKUP.search(name):
            expat.ParserCreate("utf-8").Parse(f"<{name}/>".encode(), True)  # noqa: FBT003 - its signature
            return None
    except (expat.ExpatError, UnicodeEncodeError):
        pass
    return "The method becomes an XML element: start with a letter, then letters, digits, '.', '-' or '_'."


def soap_action_problem(action: str) -> str | None:
    """Say why a SOAP Action cannot be sent in a header, or None."""
    if '"' in action:
        return "Leave the quotes out: the portal puts the SOAP Action in quotes itself."
    if not _HEADER_TEXT.fullmatch(action):
        return (
            "The SOAP Action is sent in a header, which carries plain ASCII characters only. "
            "Write others percent-encoded, as in a URL."
        )
    return None


def namespace_problem(override: str) -> str | None:
    if _NOT_XML.search(override):
        return "The namespace holds a character that XML can't carry. Remove it."
    return None


def xml_rpc_method_problem(name: str) -> str | None:
    """Say why a Method Name cannot be an XML-RPC methodName, or None."""
    if _XML_RPC_METHOD.fullmatch(name):
        return None
    return "XML-RPC allows letters, digits, '_', '.', ':' and '/' in a method name."
