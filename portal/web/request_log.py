"""One line of the log for each request, for pages and API alike; every other line of it bears its id.

The id is the proxy's, where one comes in X-Request-ID, and goes back with the answer. Of an address only the path
is logged: what stands behind the question mark is what somebody typed.
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
# what browsers and probes ask for all the time is logged only where it goes wrong
_QUIET = frozenset(
    {"static", "bootstrap.static", "home.health", "monitoring.ready", "monitoring.show_metrics"}
)
_BEGUN = "roundtrip.begun"
_REQUEST_ID = "roundtrip.request_id"
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_LONGEST_PATH = 300
_WRONG, _OUR_FAULT = 400, 500

log = structlog.get_logger("web")


def init_app(app: Flask) -> None:
    # signals, and not before_request: others of those may refuse a request before it comes to ours
    request_started.connect(_begin, app)
    got_request_exception.connect(_tell_failure, app)
    app.after_request(_end)
    # Flask's own line is a sentence, and would be the second about the same failure
    app.log_exception = lambda *_, **__: None  # type: ignore[method-assign]


def _begin(_app: Flask, **_more: Any) -> None:
    given = request.headers.get(HEADER, "")
    request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
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


def _tell_failure(_app: Flask, exception: BaseException, **_more: Any) -> None:
    log.error("request_failed", method=request.method[:10], path=quote(request.path), exc_info=exception)
