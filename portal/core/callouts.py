"""The rules of an extension callout's form: what may be combined, and what a value must look like."""

import re
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import urlsplit
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
# XML-RPC specification: upper and lower-case letters, digits, underscore, dot, colon and slash.
_XML_RPC_METHOD = re.compile(r"[A-Za-z0-9_.:/]+")
# What a resolver is asked for: letters, digits and hyphens, and the underscore that real hosts have.
_HOST_NAME = re.compile(rb"[A-Za-z0-9_.-]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAX_URL = 2000
_MAX_PORT = 65535


def soap_namespace(method_name: str, soap_action: str, override: str = "") -> str:
    """Give the namespace of a SOAP callout: the SOAP Action with every occurrence of the Method Name removed.

    The slash before the method stays: without it, an ASP.NET service answers 200 and reads seven empty
    values. ``override`` wins where a service's action is not namespace + method.
    """
    if override:
        return override
    return soap_action.replace(method_name, "") if method_name else soap_action


@lru_cache(1024)
def url_problem(url: str) -> str | None:
    """Say what is wrong with a callout's URL, or None."""
    if len(url) > _MAX_URL:
        return f"The URL is longer than {_MAX_URL} characters."
    if re.search(r"[\s\x00-\x1f\x7f\\]", url):
        return "A URL has no spaces, backslashes or control characters. Write a space as %20."
    if _SURROGATE.search(url):
        return "The URL holds half of a character (a lone surrogate). Type it again."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is not a URL. Write it whole, for example https://rmm.example/callouts."
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return "Write an absolute URL that starts with http:// or https:// and names a host."
    if parts.username is not None or parts.password is not None:
        return "Take the user name and password out of the URL, and enter them in the fields below."
    if parts.fragment:
        return "Take out the part after #: it is never sent to a server."
    if port is not None and not 0 < port <= _MAX_PORT:
        return "The port in the URL is not a number from 1 to 65535."
    return None if _is_host(parts.netloc, parts.hostname) else "The host in the URL is not a valid name."


def _is_host(netloc: str, host: str) -> bool:
    """Say whether a URL's host is a name that can be looked up, or an address."""
    try:
        if netloc.startswith("["):
            rest = netloc.rpartition("]")[2]
            return IPv6Address(host.replace("%25", "%")).version == 6 and rest[:1] in {"", ":"}  # noqa: PLR2004
        return bool(_HOST_NAME.fullmatch(host.encode("idna")))
    except ValueError:
        return False


@lru_cache(1024)
def host_of(url: str) -> tuple[str, str, int]:
    """Give scheme, host and port: a stored password belongs to these and to no others."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)


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


def xml_rpc_method_problem(name: str) -> str | None:
    """Say why a Method Name cannot be an XML-RPC methodName, or None."""
    if _XML_RPC_METHOD.fullmatch(name):
        return None
    return "XML-RPC allows letters, digits, '_', '.', ':' and '/' in a method name."
