"""Error pages: what happened, why, and how to go on. A 500 reveals nothing of its cause."""

from dataclasses import dataclass

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException, InternalServerError

from portal.db.engine import db, login_manager, storage_trouble
from portal.db.sessions import READS
from portal.web.security import split


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    text: str
    icon: str = "exclamation-triangle"


PAGES: dict[int, Page] = {
    400: Page(
        "This request can't be read",
        "The browser sent something that the portal does not understand. Go back and try again.",
    ),
    403: Page(
        "This page is for administrators",
        "Your security level does not include it. If you need it, ask an administrator of the portal.",
        "lock",
    ),
    404: Page(
        "There is nothing here",
        "The address may be mistyped, or the page was deleted.",
        "compass",
    ),
    405: Page(
        "This address does not accept such a request",
        "Pages that change something are reached by their buttons, not by their address.",
    ),
    413: Page(
        "That is too much at once",
        "The portal takes at most 1 MB and 5,000 fields in one form. Shorten the text and send it again.",
    ),
    429: Page(
        "Too many requests",
        "The portal was asked too often in a short time. Wait a minute, then try again.",
        "hourglass-split",
    ),
    500: Page(
        "Something went wrong in the portal",
        "It is not your fault, and what you entered was not saved. It has been logged; try again in a "
        "moment, and tell an administrator if it stays.",
    ),
}
SESSION_ENDED = Page(
    "Your session has ended",
    "The form was open for too long, or you signed in or out in another tab, so nothing was saved. Go back: "
    "most browsers still have what you typed. Copy it, reload the page, and send it again.",
    "clock-history",
)
# The button that sends a form again must not put these into a page.
_SECRETS = ("password", "secret")

log = structlog.get_logger("web")


def init_app(app: Flask) -> None:
    app.register_error_handler(DBAPIError, show_storage)
    app.register_error_handler(NoConnectionFree, show_storage)
    app.register_error_handler(CSRFError, session_ended)
    app.register_error_handler(HTTPException, show)
    app.register_error_handler(InternalServerError, show)


def session_ended(error: CSRFError) -> tuple[str, int]:
    del error  # its text is about tokens
    return _render(SESSION_ENDED, 400), 400


def show(error: HTTPException) -> tuple[str, int] | HTTPException:
    code = error.code or 500
    if code < 400:  # noqa: PLR2004 - a redirect that is raised is no error
        return error
    if code >= 500:  # noqa: PLR2004
        db.session.rollback()
    page = PAGES.get(code) or PAGES[400 if code < 500 else 500]  # noqa: PLR2004
    return _render(page, code), code


def show_storage(error: SQLAlchemyError) -> Response | tuple[str, int]:
    """Explain a database that is full, read-only, busy or away; any other database error is a bug, and a 500."""
    trouble = storage_trouble(error)
    _prepare_for_rendering()
    if trouble is None:
        log.error("database_error", exc_info=error)
        return _render(PAGES[500], 500), 500
    log.warning("database_trouble", trouble=trouble.name, path=request.path)
    page = Page(trouble.title, trouble.text, "database-exclamation")
    response = make_response(_render(page, 503, again=_fields_to_resend()), 503)
    if trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def _prepare_for_rendering() -> None:
    """Load the signed-in resource without the write lock; if that fails, render the page as signed out."""
    try:
        db.session.rollback()
        db.session.connection(execution_options=READS)
        str(current_user.is_authenticated and current_user.name)
    except SQLAlchemyError:
        db.session.remove()
        g._login_user = login_manager.anonymous_user()  # noqa: SLF001 - where Flask-Login looks for it


def _fields_to_resend() -> list[tuple[str, str]] | None:
    """Return the fields that a button sends again, so that no entry is lost; None if one is secret."""
    fields = list(request.form.items(multi=True))
    secret = any(value and any(word in name for word in _SECRETS) for name, value in fields)
    return None if secret else fields


def _render(page: Page, code: int, again: list[tuple[str, str]] | None = None) -> str:
    return render_template("error.html", page=page, code=code, back=_back(), again=again)


def _back() -> str:
    """Return the path that the browser came from, if it is the portal's."""
    parts = split(request.referrer or "")
    if parts.netloc != request.host or not parts.path.startswith("/"):
        return ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return "" if path == request.full_path.rstrip("?") and request.method == "GET" else path
