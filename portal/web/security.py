"""The headers that every answer bears."""

from flask import Flask, Response, request

# No inline script and no style attribute anywhere, so an injected one does nothing.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)
_STATIC = frozenset({"static", "bootstrap.static"})


def init_app(app: Flask) -> None:
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    if request.endpoint not in _STATIC:
        # a page may show a customer's data: neither the browser's disk nor a proxy keeps it
        headers["Cache-Control"] = "no-store"
    return response
