"""The journal as HAR 1.2, which browsers' network panels and many tools open.

HAR has no place for a request's body that isn't text: it is there in base64, and `_encoding` says so.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict
from http.client import responses
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from mock_rmm.endpoints.name_value import FORM, read_pairs
from mock_rmm.exports.curl import address
from mock_rmm.journal import Entry
from mock_rmm.journal.entry import exact, header_of, time_json


def as_har(entries: Iterable[Entry], url_root: str, version: str) -> Iterator[str]:
    """The document in pieces, so that a large journal needn't be in memory twice."""
    creator = json.dumps({"name": "Mock RMM", "version": version})
    yield f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['
    separator = "\n"
    for entry in entries:
        yield separator + json.dumps(har_entry(entry, url_root))
        separator = ",\n"
    yield "\n]}}\n"


def har_entry(entry: Entry, url_root: str) -> dict[str, Any]:
    took = 0.0
    if entry.answered_at is not None:
        took = max(took, round((entry.answered_at - entry.received_at).total_seconds() * 1000, 3))
    return {
        "startedDateTime": time_json(entry.received_at),
        "time": took,
        "request": _request(entry, url_root),
        "response": _response(entry),
        "cache": {},
        # Only how long the mock took is known here
        "timings": {"send": 0, "wait": took, "receive": 0},
        "comment": " ".join(finding.sentence for finding in entry.findings) or entry.problem,
        "_id": entry.id,
        "_receiver": entry.receiver or entry.endpoint,
        "_fields": entry.fields,
        "_findings": [asdict(finding) for finding in entry.findings],
        "_fault": entry.fault,
    }


def _request(entry: Entry, url_root: str) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": entry.method,
        "url": address(entry, url_root),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(entry.headers),
        "queryString": _pairs(parse_qsl(entry.query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(entry.body),
    }
    if entry.body:
        kind = entry.header("content-type")
        written = _text(entry.body, "_encoding")
        request["postData"] = {"mimeType": kind, **written}
        if kind.partition(";")[0].strip().lower() == FORM and "_encoding" not in written:
            pairs = read_pairs(written["text"], errors="replace")
            if not isinstance(pairs, str):
                # HAR says that text and params exclude each other; browsers write both, and so do we
                request["postData"]["params"] = _pairs(pairs)
    return request


def _response(entry: Entry) -> dict[str, Any]:
    """Status 0 is how a browser writes down that no answer came."""
    status = entry.answer_status or 0
    headers, body = entry.answer_headers, entry.answer_body
    kind, moved = header_of(headers, "content-type"), header_of(headers, "location")
    response = {
        "status": status,
        "statusText": responses.get(status, ""),
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(headers),
        "headers": _pairs(headers),
        "content": {"size": len(body), "mimeType": kind or "x-unknown", **_text(body, "encoding")},
        "redirectURL": moved or "",
        "headersSize": -1,
        "bodySize": len(body),
    }
    if not status:
        response["_error"] = (
            "No answer: the connection was ended." if entry.answered_at else "Not answered yet."
        )
    return response


def _text(body: bytes, encoding: str) -> dict[str, str]:
    if exact(body) is None and b"\0" not in body:
        return {"text": body.decode()}
    return {"text": b64encode(body).decode(), encoding: "base64"}


def _pairs(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _cookies(headers: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    found = []
    for value in (value for name, value in headers if name.lower() == "set-cookie"):
        with suppress(CookieError):
            found += [{"name": each.key, "value": each.value} for each in SimpleCookie(value).values()]
    return found
