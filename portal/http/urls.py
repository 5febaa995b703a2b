"""Parses a callout's URL, in one way for the editor that checks it and the client that sends to it.

The path and the query are sent byte for byte as they were saved, except for non-ASCII characters, which no
request can hold. The host is looked up in its ASCII form (IDNA 2008 with UTS 46, as browsers do).
"""

import re
import socket
from functools import lru_cache
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import quote, unquote_plus, urlsplit

import idna

from portal.core.addresses import Allowed
from portal.core.callouts import GET
from portal.core.wire import FIELD_NAMES
from portal.http.connections import ConnectionFailed, Origin, resolve

_MAX_URL = 2000
_MAX_PORT = 65535
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACE_OR_CONTROL = re.compile(r"[\s\x00-\x1f\x7f\\]")
# What a resolver is asked for: letters, digits and hyphens, and the underscore that real hosts have.
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_MAX_HOST = 253
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
# WHATWG URL, 3.5: a host whose last label is a number is an IPv4 address, however it is written
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOOK_UP_SECONDS = 2.0


class BadUrl(ValueError):  # noqa: N818 - what is wrong is the URL, not the program
    """Nothing can be sent to this URL. The text says why, and what to write instead."""


def parse(url: str) -> tuple[Origin, str]:
    """Return a URL's origin, and the request target (path and query). Raises BadUrl."""
    # the rest is cached: only the query may differ between deliveries
    before, mark, query = url.partition("?")
    origin, path = _parse(before)
    _refuse_characters(query)
    target = f"{path}{mark}{query}"
    # RFC 9112, 3.2: a request target is ASCII. Other characters are percent-encoded in UTF-8, as browsers do.
    return origin, target if target.isascii() else quote(target, safe=_ASCII)


def origin_of(url: str) -> Origin:
    """Return a URL's origin. Raises BadUrl."""
    return _parse(url.partition("?")[0])[0]


def url_problem(url: str) -> str | None:
    """Say why nothing can be sent to a URL, or None."""
    if len(url) > _MAX_URL:
        return f"The URL is longer than {_MAX_URL} characters."
    try:
        parse(url)
    except BadUrl as bad:
        return str(bad)
    return None


def saving_problem(url: str, transport: str, allowed: Allowed) -> str | None:
    """Say why a URL can't be saved: it can't be sent to, or would arrive different from what was typed."""
    if problem := url_problem(url):
        return problem
    origin, _ = parse(url)
    return _as_typed_problem(url) or _query_problem(url, transport) or _address_problem(origin.host, allowed)


def reach_warning(url: str, allowed: Allowed) -> str | None:
    """Look a URL's host up, for at most two seconds, and say what would stop callouts from reaching it."""
    if problem := url_problem(url):
        return problem  # of a URL that was saved under older rules
    origin, _ = parse(url)
    found: SimpleQueue[str] = SimpleQueue()
    Thread(target=lambda: found.put(_reach(origin, allowed)), daemon=True).start()
    try:
        return found.get(timeout=_LOOK_UP_SECONDS) or None
    except Empty:
        return (
            f"The name {origin.host} was not found within {_LOOK_UP_SECONDS:g} s. Check the host in the URL."
        )


def host_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port, to which a stored password is bound. Raises BadUrl."""
    origin = origin_of(url)
    return origin.scheme, origin.host, origin.port


def as_sent(url: str) -> str:
    """Return a URL as it is sent (in ASCII), or "" if that is as it was typed."""
    try:
        origin, target = parse(url)
    except BadUrl:
        return ""
    return "" if url.isascii() else f"{origin.scheme}://{origin.netloc}{target}"


@lru_cache(1024)
def _parse(url: str) -> tuple[Origin, str]:
    """Parse a URL without its query."""
    _refuse_characters(url)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadUrl(
            "This is not a URL. Write it whole, for example https://rmm.example/callouts."
        ) from error
    scheme = parts.scheme.lower()
    if scheme not in {"http", "https"} or not parts.hostname:
        raise BadUrl("Write an absolute URL that starts with http:// or https:// and names a host.")
    if "@" in parts.netloc:
        raise BadUrl("Take the user name and password out of the URL, and enter them in the fields below.")
    if port is not None and not 0 < port <= _MAX_PORT:
        raise BadUrl("The port in the URL is not a number from 1 to 65535.")
    path = url[url.index(parts.netloc, len(scheme) + 1) + len(parts.netloc) :] or "/"
    origin = Origin(scheme, _host(parts.netloc, parts.hostname), port or (443 if scheme == "https" else 80))
    return origin, path if path.isascii() else quote(path, safe=_ASCII)


def _refuse_characters(text: str) -> None:
    if _SPACE_OR_CONTROL.search(text):
        raise BadUrl("A URL has no spaces, backslashes or control characters. Write a space as %20.")
    if _SURROGATE.search(text):
        raise BadUrl("The URL holds half of a character (a lone surrogate). Type it again.")
    if "#" in text:
        raise BadUrl("Take out the part after #: it is never sent to a server.")


def _host(netloc: str, host: str) -> str:
    """Return the host as it is looked up: an address, or a name in ASCII. Raises BadUrl."""
    try:
        if netloc.startswith("["):
            address, rest = ip_address(host.replace("%25", "%")), netloc.rpartition("]")[2]
            if address.version == 6 and rest[:1] in {"", ":"}:  # noqa: PLR2004 - the protocol's number
                return str(address)
        else:
            # ASCII labels stay as they are: real hosts have underscores, which IDNA knows nothing of
            mapped = host if host.isascii() else idna.uts46_remap(host, std3_rules=False)
            labels = [each if each.isascii() else idna.alabel(each).decode() for each in mapped.split(".")]
            name = ".".join(labels)
            if len(name) <= _MAX_HOST and all(map(_LABEL.fullmatch, name.removesuffix(".").split("."))):
                _literal(name)
                return name
    except (ValueError, OSError):  # idna's and ipaddress's errors are ValueErrors
        pass
    raise BadUrl("The host in the URL is not a valid name or address.")


def _as_typed_problem(url: str) -> str | None:
    """Refuse a % that encodes nothing, which receivers read differently; say where it is and what to write."""
    start = len(url) - len(url.partition("://")[2].lstrip("/"))
    rest = re.search(r"[/?]", url[start:])
    begin = start + rest.start() if rest else len(url)
    if stray := _STRAY_PERCENT.search(url, begin):
        shown = url[max(0, stray.start() - 12) : stray.end() + 2]
        return (
            f"The % at character {stray.end()} of the URL (in “{shown}”) stands for nothing: two hexadecimal "
            "digits must follow it. Write %25 for a % sign."
        )
    return None


def _query_problem(url: str, transport: str) -> str | None:
    """Refuse a GET's query that has one of the seven names already: receivers read the first or the last of two."""
    if transport != GET:
        return None
    query = url.partition("?")[2]
    names = [unquote_plus(each.partition("=")[0]).strip() for each in re.split("[&;]", query)]
    taken = [each for each in names if each.casefold() in FIELD_NAMES]
    if not taken:
        return None
    return (
        f"The URL's query already has “{taken[0]}”, and a GET adds the seven values {', '.join(FIELD_NAMES)}: "
        "a receiver would read one of the two. Rename it or take it out, or choose POST."
    )


def _address_problem(host: str, allowed: Allowed) -> str | None:
    """Refuse a literal address that is not allowed; names are checked when they are looked up."""
    literal = _literal(host)
    refusal = allowed.refusal(literal) if literal else None
    return f"The portal does not send to {host}: {refusal}." if refusal else None


def _literal(host: str) -> str | None:
    """Return the address that a host is, also in one of the old notations (127.1, 0x7f000001), or None for a name.

    Raises OSError for one that looks like an address but is not valid (999.1.1.1).
    """
    if ":" in host:
        return host
    numeric = _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2])
    return socket.inet_ntoa(socket.inet_aton(host.rstrip("."))) if numeric else None


def _reach(origin: Origin, allowed: Allowed) -> str:
    try:
        resolve(origin.host, origin.port, allowed)
    except ConnectionFailed as failed:
        return failed.outcome.text
    return ""
