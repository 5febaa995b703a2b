"""What must not be shown of an answer: receivers echo passwords and signing secrets where they explain trouble."""

import base64
import html
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from mock_rmm.journal import MASK

SHORTEST = 4
"""A shorter one would be found in half of all texts."""


def basic_credentials(username: str, password: str) -> str:
    """RFC 7617's pair of user name and password, as UTF-8 in Base64."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "surrogateescape")).decode()


def guises(secret: str) -> set[bytes]:
    """The ways in which an answer may spell a secret."""
    plain = secret.encode("utf-8", "surrogateescape")
    if len(plain) < SHORTEST:
        return set()
    in_json = json.dumps(secret)[1:-1]
    texts = {
        html.escape(secret),
        html.escape(secret, quote=False),
        html.escape(secret).replace("&#x27;", "&#39;"),
        in_json,
        in_json.replace("/", "\\/"),
        json.dumps(secret, ensure_ascii=False)[1:-1],
        quote(plain),
        quote(plain, safe=""),
        quote_plus(plain),
        # UTF-8 that was read as Latin-1, as headers are
        plain.decode("latin-1"),
    }
    return {plain, base64.b64encode(plain).rstrip(b"=")} | {
        each.encode("utf-8", "surrogateescape") for each in texts
    }


def masked(text: bytes, hidden: Iterable[bytes]) -> bytes:
    """The longest first: one may hold another."""
    for each in sorted(hidden, key=len, reverse=True):
        text = text.replace(each, MASK.encode())
    return text
