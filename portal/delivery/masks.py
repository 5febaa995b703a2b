"""A callout's password as it is sent, and as a receiver's answer may echo it: never to be kept or shown."""

import base64
import html
import json
import re
import string
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "•••"
# A shorter password is not searched for: it would be found in half of all texts.
_MIN_SECRET = 4
_DOT_NET_PLAIN = frozenset(string.ascii_letters + string.digits + " !#$%()*,-./:;=?@[]^_{|}~")


def basic_pair(username: str, password: str) -> bytes:
    """Write RFC 7617's credentials: user name and password as UTF-8, in Base64."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "surrogatepass"))


def guises(pair: bytes, password: str) -> tuple[bytes, ...]:
    """Give every way in which an answer may show a password, the longest first."""
    plain = password.encode("utf-8", "surrogatepass")
    if len(plain) < _MIN_SECRET:
        return (pair,)
    in_ascii, in_utf8 = (json.dumps(password, ensure_ascii=each)[1:-1] for each in (True, False))
    texts = {
        html.escape(password),
        html.escape(password).replace("&#x27;", "&#39;"),
        html.escape(password, quote=False),
        in_ascii,
        in_utf8,
        # PHP's way
        in_ascii.replace("/", "\\/"),
        in_utf8.replace("/", "\\/"),
        _dot_net_json(password),
        # UTF-8 that was read as Latin-1, as every header is
        plain.decode("latin-1"),
    }
    for each in (quote(plain, safe=""), quote(plain), quote_plus(plain)):
        texts |= {each, re.sub("%..", lambda found: found[0].lower(), each)}
    in_base64 = {pair.rstrip(b"="), base64.b64encode(plain).rstrip(b"=")}
    in_latin = {password.encode("latin-1")} if _is_latin(password) else set()
    in_references = html.escape(password).encode("ascii", "xmlcharrefreplace")
    found = {
        plain,
        in_references,
        *in_base64,
        *in_latin,
        *(each.encode("utf-8", "surrogatepass") for each in texts),
    }
    return tuple(sorted(found, key=len, reverse=True))


def masked(text: bytes, secrets: Iterable[bytes]) -> bytes:
    for secret in secrets:
        text = text.replace(secret, MASK.encode())
    return text


def _dot_net_json(text: str) -> str:
    """Write JSON as .NET's default encoder does: UTF-16 code units for all but the plainest characters.

    Its rule: https://learn.microsoft.com/dotnet/api/system.text.encodings.web.javascriptencoder.default
    """
    units = text.encode("utf-16-be", "surrogatepass")
    codes = (int.from_bytes(units[place : place + 2], "big") for place in range(0, len(units), 2))
    escaped = "".join(chr(each) if chr(each) in _DOT_NET_PLAIN else f"\\u{each:04X}" for each in codes)
    return escaped.replace("\\u005C", "\\\\")


def _is_latin(text: str) -> bool:
    return all(ord(each) <= 0xFF for each in text)  # noqa: PLR2004 - Latin-1's last
