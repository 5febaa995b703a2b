"""Static files have a digest in their URL, so that browsers keep them for a year; they and the pages are compressed."""

import hashlib
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from flask_compress import Compress

ENDPOINTS = frozenset({"static", "bootstrap.static"})
_FOREVER = "public, max-age=31536000, immutable"
_TEXTS = ["text/html", "text/css", "text/javascript", "image/svg+xml"]
# What a browser says of a request that a page of this portal made, or a person by hand.
_OWN = frozenset({"same-origin", "none"})


def init_app(app: Flask) -> None:
    """Call it before other extensions add hooks: what answers pass through last is registered first."""
    app.config |= {
        "COMPRESS_REGISTER": False,
        "COMPRESS_MIMETYPES": _TEXTS,
        "COMPRESS_ALGORITHM": ["br", "gzip"],
        # at 4, which is the default, it is larger than gzip
        "COMPRESS_BR_LEVEL": 5,
        "COMPRESS_STREAMS": False,
    }
    compress = Compress(app)

    def compressed(response: Response) -> Response:
        # a part of a file (206) is sent as it is
        if response.status_code != HTTPStatus.OK or not _is_safe():
            return response
        if request.endpoint in ENDPOINTS and request.method == "GET":
            # read whole: Flask-Compress would leave the file of a stream open
            response.direct_passthrough = False
            response.get_data()
        return compress.after_request(response)

    app.after_request(compressed)
    app.url_defaults(_add_digest)


def caching(response: Response) -> str:
    """Return the Cache-Control header of an answer."""
    if request.endpoint not in ENDPOINTS:
        # a page may show a customer's data: neither the browser's disk nor a proxy keeps it
        return "no-store"
    if response.status_code != HTTPStatus.OK:
        return "no-cache"
    # another digest is that of another version, while a portal of many machines is updated
    digest = _digest_of(request.endpoint, (request.view_args or {})["filename"])
    return _FOREVER if request.args.get("v") == digest else "no-cache"


def _is_safe() -> bool:
    """Whether the length of the compressed answer can tell a stranger nothing (the BREACH attack).

    A page of another site can have a browser ask for a page of ours with a guess in its URL. Such an answer goes out
    as it is: a guess that the page holds already would make it shorter, and the network sees lengths.
    """
    return request.endpoint in ENDPOINTS or request.headers.get("Sec-Fetch-Site", "none") in _OWN


def _add_digest(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint in ENDPOINTS:
        values["v"] = _digest_of(endpoint, values["filename"])


def _digest_of(endpoint: str, filename: str) -> str | None:
    blueprint, _, _ = endpoint.rpartition(".")
    folder = (current_app.blueprints[blueprint] if blueprint else current_app).static_folder
    path = Path(folder or "", filename)
    try:
        return _digest(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@cache
def _digest(path: Path, _changed_ns: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
