"""The charset: what was declared, what the bytes are, and what became of the letters."""

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from mock_rmm.diagnosis.case import Case
from mock_rmm.diagnosis.finding import Finding, problem, quoted, warning
from mock_rmm.endpoints.receiver import NAME_VALUE
from mock_rmm.endpoints.xml_guard import CHARSETS, codec_of, declared_charset

# What UTF-8's bytes for letters, quotes and signs look like when each is taken for a letter
MANGLED = re.compile("[\u00c2-\u00c3][\u0080-\u00bf]|\u00e2[\u0080\u20ac][\u0080-\u2122]|\u00ef\u00bf\u00bd")
LONGEST_SEARCHED = 10_000


def content_coding(case: Case) -> Iterator[Finding]:
    header = case.arrival.header("content-encoding") or ""
    if header.strip().lower() in {"", "identity"} or not case.arrival.body:
        return
    coding = f"the Content-Encoding {quoted(header)}"
    if case.whole:
        what = f"The body came with {coding} and is shown unpacked. Many receivers don't unpack. Send it as it is."
        yield warning("packed-body", what)
    else:
        what = f"The body has {coding} and could not be unpacked: {case.problem}"
        yield problem("packed-body", f"{what} Send it as it is, without that header.")


def encoding(case: Case) -> Iterator[Finding]:
    body = case.arrival.body
    in_query = case.endpoint.kind.method == "GET"
    # A query has its charset by itself, whatever a Content-Type says
    header = "" if in_query else case.arrival.charset
    declared = "" if case.format == NAME_VALUE else declared_charset(body)
    codec = codec_of(case.endpoint.charset(case.arrival))
    if not codec:
        what = f"The XML declaration's encoding is {quoted(declared)}, which isn't one. Send UTF-8."
        if header:
            what = f"The Content-Type's charset is {quoted(header)}, which isn't one. Send UTF-8, and “charset=utf-8”."
        yield problem("unknown-charset", what)
    elif header and declared and codec != codec_of(declared):
        what = f"The Content-Type says {quoted(header)} and the XML declaration {quoted(declared)}."
        todo = "The Content-Type counts, but not every receiver knows. Make both UTF-8."
        yield warning("two-charsets", f"{what} {todo}")
    # Of others, some cost quadratic time to decode
    if codec in CHARSETS and not in_query:
        yield from _bytes(body, codec)
    if case.format == NAME_VALUE and not case.seen.trouble:
        yield from _percent(case.arrival.query if in_query else body, codec)
    yield from _letters(case)


def _bytes(body: bytes, codec: str) -> Iterator[Finding]:
    try:
        body.decode(codec)
    except UnicodeDecodeError as error:
        bad = body[error.start]
        hint = ""
        if codec == "utf-8" and bad:
            letter = bytes([bad]).decode("cp1252", "replace")
            hint = f" As Windows-1252 it would be “{letter}”: the sender seems to write that charset."
        what = f"The body doesn't decode as {codec}: byte {error.start:,} is 0x{bad:02x}.{hint}"
        yield problem("undecodable", f"{what} Write the body as UTF-8.")


def _percent(text: str | bytes, codec: str) -> Iterator[Finding]:
    raw = unquote_to_bytes(text)
    if codec not in CHARSETS or len(raw) == len(text):
        return
    try:
        raw.decode(codec)
    except UnicodeDecodeError as error:
        what = f"A percent-encoded value doesn't decode as {codec}, because of its %{raw[error.start]:02X}."
        todo = "Write the letters as UTF-8 first, and percent-encode those bytes: “ü” is %C3%BC."
        yield problem("undecodable", f"{what} {todo}")


def _letters(case: Case) -> Iterator[Finding]:
    for name, text in case.fields.items():
        head = text[:LONGEST_SEARCHED]
        if "\ufffd" in head:
            what = f"{name} holds U+FFFD, the sign for a letter that was lost"
            why = "it was converted from a charset it isn't in, or it held something that XML can't carry"
            yield warning("replaced-letters", f"{what}: {why}. Look at the value where it is entered.")
        elif found := MANGLED.search(head):
            what = f"{name} holds {quoted(found[0])}, which is how UTF-8 looks when it is read as another charset."
            why = "Somewhere on its way it was encoded twice, or declared as something that it isn't."
            yield warning("mangled-letters", f"{what} {why}{_undone(head)}")


def _undone(text: str) -> str:
    for codec in ("cp1252", "latin-1"):
        try:
            return f" It was probably {quoted(text.encode(codec).decode())}."
        except UnicodeError:
            continue
    return ""
