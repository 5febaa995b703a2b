"""What must not be shown of an answer: receivers echo passwords and signing secrets where they explain trouble."""

import base64
import html
import json
import re
import string
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from mock_rmm.journal.entry import MASK

SHORTEST = 4
"""A shorter one would be found in half of all texts."""

DOT_NET_PLAIN = {*string.ascii_letters, *string.digits, *" !#$%()*,-./:;=?@[]^_{|}~"}


def basic_credentials(username: str, password: str) -> str:
    """RFC 7617's pair of user name and password, as UTF-8 in Base64."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "surrogateescape")).decode()


def guises(secret: str) -> set[bytes]:
    """The ways in which an answer may spell a secret."""
    plain = secret.encode("utf-8", "surrogateescape")
    if len(plain) < SHORTEST:
        return set()
    texts = {
        html.escape(secret),
        html.escape(secret, quote=False),
        html.escape(secret).replace("&#x27;", "&#39;"),
        _as_dot_net(secret),
        # UTF-8 that was read as Latin-1, as headers are
        plain.decode("latin-1"),
    }
    for each in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        texts |= {each, each.replace("/", "\\/")}
    for each in (quote(plain), quote(plain, safe=""), quote_plus(plain)):
        texts |= {each, re.sub("%..", lambda found: found[0].lower(), each)}
    found = {each.encode("utf-8", "surrogateescape") for each in texts}
    return found | {plain, base64.b64encode(plain).rstrip(b"=")}


def _as_dot_net(secret: str) -> str:
    """JSON as .NET writes it: all but plain characters as UTF-16 code units."""
    units = secret.encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[place : place + 2], "big") for place in range(0, len(units), 2)]
    text = "".join(chr(code) if chr(code) in DOT_NET_PLAIN else f"\\u{code:04X}" for code in codes)
    return text.replace("\\u005C", "\\\\")


def masked(text: bytes, hidden: Iterable[bytes]) -> bytes:
    """The longest first: one may hold another."""
    for each in sorted(hidden, key=len, reverse=True):
        text = text.replace(each, MASK.encode())
    return text


def masked_text(text: str, hidden: Iterable[bytes]) -> str:
    """Look for them in text that was read as UTF-8, and as Latin-1, as the head of an answer is."""
    spelt = {each.decode(charset, "surrogateescape") for each in hidden for charset in ("utf-8", "latin-1")}
    for each in sorted(spelt, key=len, reverse=True):
        text = text.replace(each, MASK)
    return text
