"""Redacts passwords and signing secrets in what a receiver answers, however it spells them, and in what is shown."""

import base64
import html
import re
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import lru_cache
from html.entities import codepoint2name
from urllib.parse import quote, quote_plus

from portal.core.verdicts import Answered, Outcome
from portal.core.wire import Request

MASK = "•••"
# A shorter password is not searched for: it would be found in half of all texts.
_MIN_SECRET = 4

# where a text of wider characters may begin
_WIDE = [
    *((codec, start) for codec in ("utf-16-le", "utf-16-be") for start in range(2)),
    *((codec, start) for codec in ("utf-32-le", "utf-32-be") for start in range(4)),
]
_SEEMS_WIDE = re.compile(rb"(?:\x00[^\x00]){4}|(?:[^\x00]\x00){4}|[^\x00]\x00{3}|\x00{3}[^\x00]")
# Most answers have nothing of the kind, and are spared the patterns.
_ESCAPED = re.compile(rb"[\\%&\x80-\xff]|=[0-9A-Fa-f]{2}")

Pattern = bytes | re.Pattern[bytes]


def basic_pair(username: str, password: str) -> bytes:
    """Write RFC 7617's credentials: user name and password as UTF-8, in Base64."""
    return base64.b64encode(f"{username}:{password}".encode("utf-8", "surrogatepass"))


@lru_cache(256)
def patterns_of(pair: bytes, password: str) -> tuple[Pattern, ...]:
    """Give what to look for in an answer that may show a password: texts, and then patterns of its spellings.

    It finds what a page, a mail or an export could show after any decoding that they do.
    """
    plain = password.encode("utf-8", "surrogatepass")
    if len(plain) < _MIN_SECRET:
        return (pair, _spellings(pair.rstrip(b"=").decode()))
    in_base64 = {pair.rstrip(b"="), base64.b64encode(plain).rstrip(b"=")}
    # where one spelling begins as another does (%25, &amp;), the whole text tells what was meant
    texts = {
        plain,
        quote(plain, safe="").encode(),
        quote_plus(plain).encode(),
        html.escape(password).encode("utf-8", "surrogatepass"),
    }
    return (
        *sorted(texts | in_base64, key=len, reverse=True),
        _spellings(password),
        *(_spellings(each.decode()) for each in in_base64),
    )


def redact_outcome(outcome: Outcome, patterns: Collection[Pattern]) -> Outcome:
    """Redact an answer before anybody reads or cuts it."""
    if not patterns:
        return outcome
    if not isinstance(outcome, Answered):
        return replace(outcome, text=redact_text(outcome.text, patterns))
    return replace(
        outcome,
        reason=redact_text(outcome.reason, patterns),
        headers=tuple((name, redact_text(value, patterns)) for name, value in outcome.headers),
        body=redact(outcome.body, patterns),
    )


def shown_headers(request: Request) -> list[tuple[str, str]]:
    """Give a request's headers as they may be shown: without a password; a signature is no secret."""
    return [(name, MASK if name == "Authorization" else value) for name, value in request.headers]


def redact_text(text: str, patterns: Collection[Pattern]) -> str:
    """Redact a text; what UTF-8 can't carry becomes a question mark."""
    return redact(text.encode("utf-8", "replace"), patterns).decode("utf-8", "replace")


def redact(text: bytes, patterns: Collection[Pattern]) -> bytes:
    """Replace every spelling of a secret in a text by the mask, also where the text is in UTF-16 or UTF-32."""
    if not patterns:
        return text
    text = _redact_as_is(text, patterns)
    if not _SEEMS_WIDE.search(text):
        return text
    for codec, start in _WIDE:
        decoded = text[start:].decode(codec, "replace")
        plain = decoded.encode("utf-8", "surrogatepass")
        clean = _redact_as_is(plain, patterns)
        if clean != plain:
            text = text[:start] + clean.decode("utf-8", "replace").encode(codec, "replace")
    return text


def _redact_as_is(text: bytes, patterns: Iterable[Pattern]) -> bytes:
    mask = MASK.encode()
    escaped = _ESCAPED.search(text)
    for pattern in patterns:
        if isinstance(pattern, bytes):
            text = text.replace(pattern, mask)
        elif escaped:
            text = pattern.sub(mask, text)
    return text


def _spellings(secret: str) -> re.Pattern[bytes]:
    """Match a secret however each of its characters is written: as it is, escaped, or as a reference.

    The groups are atomic, so a search takes time in proportion to the text.
    """
    units = re.findall(r"\\+|.", secret, re.DOTALL)
    return re.compile(b"".join(map(_spelling, units)))


@lru_cache(1024)
def _spelling(unit: str) -> bytes:
    """Match one character; of a run of backslashes any longer run, since escaping doubles them."""
    if unit.startswith("\\"):
        return rb"(?>(?:%s)++)" % b"|".join([rb"\\", *_escaped("\\")])
    # Latin-1, and UTF-8 that was read as Latin-1, as every header is
    octets = unit.encode("utf-8", "surrogatepass")
    plain = [octets, octets.decode("latin-1").encode()]
    if ord(unit) <= 0xFF:  # noqa: PLR2004 - Latin-1's last
        plain.append(unit.encode("latin-1"))
    plain.sort(key=len, reverse=True)
    return rb"(?>%s)" % b"|".join([*_escaped(unit), *(rb"\\{0,8}+" + re.escape(each) for each in plain)])


def _escaped(char: str) -> list[bytes]:
    """Give patterns of a character in JSON, JavaScript, URLs, HTML and quoted-printable, also escaped twice."""
    code = ord(char)
    octets = char.encode("utf-8", "surrogatepass")
    units = char.encode("utf-16-be", "surrogatepass")
    words = [units[place : place + 2].hex().encode() for place in range(0, len(units), 2)]
    name = codepoint2name.get(code, "apos" if char == "'" else "")
    found = [
        b"".join(rb"(?i:\\{0,8}+u%s)" % each for each in words),
        b"".join(rb"(?i:\\{0,8}+x%02x)" % each for each in octets),
        rb"(?i:\\{0,8}+u\{0*+%x\})" % code,
        # a percent sign and an ampersand are what is repeated where something was encoded twice
        rb"%(?:25)++" if char == "%" else b"".join(rb"(?i:%%(?:25)*+%02x)" % each for each in octets),
        b"".join(rb"(?i:%%(?:25)*+u%s)" % each for each in words),
        b"".join(rb"(?i:=%02x)" % each for each in octets),
        rb"&(?:amp;)*+#0*+%d;?" % code,
        rb"(?i:&(?:amp;)*+#x0*+%x;?)" % code,
    ]
    if name:
        found.append(rb"&(?:amp;)++" if char == "&" else rb"&(?:amp;)*+%s;" % name.encode())
    return [*found, rb"\+"] if char == " " else found
