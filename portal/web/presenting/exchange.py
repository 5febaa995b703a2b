"""A request and its answer as pages show them: headers as pairs, bodies readable, and a cURL command.

It is made of an attempt, kept or not: what is only tried out looks the same.
"""

from dataclasses import dataclass

from werkzeug.http import parse_options_header

from portal.callouts.redaction import MASK
from portal.core.verdicts import status_line
from portal.models import Attempt
from portal.web.presenting import bodies
from portal.web.presenting.bodies import Body
from portal.web.presenting.curl import curl_command

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Exchange:
    """Both sides. ``query`` has the values that the URL carries, a line each; ``status`` is "" without an answer."""

    method: str
    url: str
    query: str
    request_headers: Headers
    request_body: Body
    replaced: int
    status: str
    answer_headers: Headers
    answer_body: Body
    cut: str
    curl: str
    masked: bool
    has_webhook_id: bool


def exchange_of(attempt: Attempt) -> Exchange | None:
    """Return what went over the wire; None when nobody knows, since a worker died on it."""
    if not attempt.method:
        return None
    request_headers, answer_headers = (
        headers_of(each) for each in (attempt.request_headers, attempt.answer_headers)
    )
    answered = attempt.status is not None
    body = attempt.answer_body
    return Exchange(
        method=attempt.method,
        url=attempt.url,
        query=bodies.form_lines(attempt.url.partition("?")[2]),
        request_headers=request_headers,
        request_body=bodies.of_text(attempt.request_body, header(request_headers, "content-type")),
        replaced=attempt.replaced,
        status=status_line(attempt.status or 0, attempt.status_reason) if answered else "",
        answer_headers=answer_headers,
        answer_body=bodies.of_bytes(body, *_type_of(answer_headers), cut=attempt.answer_cut),
        cut=_cut(len(body), answer_headers) if attempt.answer_cut else "",
        curl=curl_command(attempt.method, attempt.url, request_headers, attempt.request_body),
        masked=any(value == MASK for _, value in request_headers),
        has_webhook_id=bool(header(request_headers, "webhook-id")),
    )


def headers_of(text: str) -> Headers:
    """Read headers that are kept as "Name: value" lines."""
    pairs: Headers = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name and not line[0].isspace():
            pairs.append((name, value.strip()))
        elif pairs:
            # a folded header goes on in the next line
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip()}".strip())
    return pairs


def header(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")


def _type_of(headers: Headers) -> tuple[str, str]:
    """Return the media type and the charset that an answer declares."""
    media_type, options = parse_options_header(header(headers, "content-type"))
    return media_type.lower() or "application/octet-stream", options.get("charset", "")


def _cut(kept: int, headers: Headers) -> str:
    """Say how much of an answer is kept, and how much is missing, if the receiver declared its length."""
    declared = header(headers, "content-length")
    first = f"Only the first {kept:,} bytes of this answer are kept"
    compressed = header(headers, "content-encoding").lower() not in {"", "identity"}
    known = declared.isascii() and declared.isdigit() and len(declared) < len(str(10**15)) and not compressed
    if known and int(declared) > kept:
        return f"{first}; {int(declared) - kept:,} more are missing."
    return f"{first}; the receiver did not say how long it was."
