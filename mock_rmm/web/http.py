"""What all requests share: bounds, sessions, headers, errors, and a route that says that the mock is up."""

from urllib.parse import parse_qsl

from flask import Blueprint, Flask, Request, Response, jsonify, render_template, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.utils import cached_property
from werkzeug.wrappers import Response as AnyResponse

MOST_FIELDS, LARGEST_FORM = 1000, 512 * 1024
POLICY = (
    "default-src 'self'; "
    "img-src 'self' data:; "  # Bootstrap draws the arrow of a select so
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SENTENCES = {
    400: "The request can't be read.",
    404: "There is nothing at this address.",
    405: "This address doesn't take that method.",
    413: "That is too large.",
    415: "Send JSON, with Content-Type: application/json.",
    500: "The mock RMM made a mistake. Its log says more.",
}
STALE = "This form was out of date, so nothing was changed. Please try again."

blueprint = Blueprint("health", __name__)


def register(app: Flask) -> None:
    app.request_class = WaryRequest
    app.session_interface = PageSessions()
    app.before_request(_bound_form)
    app.after_request(_protect)
    app.register_error_handler(CSRFError, lambda _error: (_page(400, STALE), 400))
    app.register_error_handler(HTTPException, _http_error)


@blueprint.get("/healthz")
def ok() -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")


class WaryRequest(Request):
    """Its query may hold any bytes, where Werkzeug's own fails."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        text = self.query_string.decode(errors="replace")
        return ImmutableMultiDict(parse_qsl(text, keep_blank_values=True, errors="replace"))

    @cached_property
    def full_path(self) -> str:
        return f"{self.path}?{self.query_string.decode(errors='replace')}"


class PageSessions(SecureCookieSessionInterface):
    """Sessions are for pages: a callout has none, and needn't pay for one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        # Called before it is known which route takes the request
        if request.path.startswith("/callouts/"):
            return self.make_null_session(app)
        return super().open_session(app, request)


def _bound_form() -> None:
    """Refuse a page's form that is too large, or has too many fields, before it is parsed."""
    if request.blueprint == "endpoints" or request.mimetype != "application/x-www-form-urlencoded":
        return
    request.max_content_length = LARGEST_FORM
    if request.get_data(parse_form_data=False).count(b"&") >= MOST_FIELDS:
        raise RequestEntityTooLarge


def _protect(response: Response) -> Response:
    if request.blueprint == "endpoints":
        return response
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    if request.endpoint not in {"static", "bootstrap.static"}:
        response.headers["Cache-Control"] = "no-store"
    return response


def _http_error(error: HTTPException) -> AnyResponse | tuple[Response | str, int]:
    """JSON for the API, a page with a link home for a browser."""
    status = error.code or 500
    if status in range(300, 400):
        return error.get_response()
    sentence = SENTENCES.get(status, error.description or error.name)
    if request.path.startswith("/api/"):
        return jsonify(error=sentence), status
    return _page(status, sentence), status


def _page(status: int, sentence: str) -> str:
    return render_template("error.html", status=status, sentence=sentence)
