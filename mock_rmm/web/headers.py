"""The headers that each answer of a page bears."""

from flask import Flask, Response, request

POLICY = (
    "default-src 'self'; "
    "img-src 'self' data:; "  # Bootstrap draws the arrow of a select so
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def protect(app: Flask) -> None:
    app.after_request(_add)


def _add(response: Response) -> Response:
    if request.blueprint == "doors":
        return response
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint not in {"static", "bootstrap.static"}:
        response.headers["Cache-Control"] = "no-store"
    return response
