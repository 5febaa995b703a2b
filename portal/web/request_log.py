"""One log line for each request, for pages and API alike; its id is in every other line of the same request.

The id is the proxy's X-Request-ID, if it sends one, and is returned with the response. Only the path of a URL is
logged: the query string holds what users typed.
"""

import re
import time
import uuid
from typing import Any
from urllib.parse import quote

import structlog
from flask import Flask, Response, got_request_exception, request, request_started
from structlog.contextvars import bind_contextvars, clear_contextvars

HEADER = "X-Request-ID"
# frequent requests of browsers and probes are logged only if they fail
_QUIET = frozenset(
    {"static", "bootstrap.static", "home.health", "monitoring.ready", "monitoring.show_metrics"}
)
_BEGUN = "roundtrip.begun"
_REQUEST_ID = "roundtrip.request_id"
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONGEST_PATH = 300
_WRONG, _OUR_FAULT = 400, 500

log = structlog.get_logger("web")


def init_app(app: Flask) -> None:
    # signals, not before_request: another before_request function may refuse the request first
    request_started.connect(_begin, app)
    got_request_exception.connect(_log_failure, app)
    app.after_request(_end)
    # Flask's own line would be the second for the same failure
    app.log_exception = lambda *_, **__: None  # type: ignore[method-assign]


def _begin(_app: Flask, **_more: Any) -> None:
    given = request.headers.get(HEADER, "")
    request_id = given if _VALID_ID.fullmatch(given) else uuid.uuid4().hex
    request.environ[_BEGUN] = time.monotonic()
    request.environ[_REQUEST_ID] = request_id
    clear_contextvars()
    bind_contextvars(request=request_id)


def _end(response: Response) -> Response:
    begun = request.environ.get(_BEGUN, time.monotonic())
    status = response.status_code
    if request.endpoint not in _QUIET or status >= _WRONG:
        (log.error if status >= _OUR_FAULT else log.info)(
            "request",
            method=request.method[:10],
            path=quote(request.path)[:_LONGEST_PATH],
            status=status,
            ms=round((time.monotonic() - begun) * 1000),
            address=request.remote_addr,
        )
    response.headers[HEADER] = request.environ.get(_REQUEST_ID, "")
    clear_contextvars()
    return response


def _log_failure(_app: Flask, exception: BaseException, **_more: Any) -> None:
    log.error("request_failed", method=request.method[:10], path=quote(request.path), exc_info=exception)
