"""What holds for every request and every answer: who is asked, how much is read, and the headers of each answer."""

import ipaddress
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Response, abort, request

from portal.db.services import services
from portal.web import static_files

# No inline script and no style attribute anywhere, so an injected one does nothing.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; object-src 'none'"
)
# Programs on the same machine ask these, by whatever name they have for it.
_WATCHED = frozenset({"home.health", "monitoring.ready", "monitoring.show_metrics"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
# The largest form is a bulk job's or a rule's; each field costs as much as a hundred letters.
MOST_FIELDS, LARGEST_FORM = 5000, 1024 * 1024
_HSTS = "max-age=31536000"


def guard(app: Flask) -> None:
    """Look at each request before anything else reads it; call it before the extensions add their own hooks."""
    app.before_request(refuse_foreign_host)
    app.before_request(bound_form)


def init_app(app: Flask) -> None:
    app.after_request(add_headers)


def refuse_foreign_host() -> Response | None:
    """Answer only to the portal's own names: a page elsewhere can't lead a browser here by a name of its own."""
    host = host_name(request.host)
    settings = services().settings
    own = host_name(urlsplit(settings.base_url).netloc)
    near = not settings.production or request.endpoint in _WATCHED
    if host and (host == own or host in settings.allowed_hosts or (near and _is_loopback(host))):
        return None
    text = (
        "This portal does not answer to the name in the request's Host header. Use the address in PORTAL_BASE_URL, "
        "or have an administrator of the server add the name to PORTAL_ALLOWED_HOSTS.\n"
    )
    return Response(text, 400, mimetype="text/plain")


def bound_form() -> None:
    """Refuse a form that is too large, or has too many fields, before it is taken apart."""
    if request.mimetype not in _FORMS:
        return
    request.max_content_length = LARGEST_FORM
    request.max_form_parts = MOST_FIELDS
    request.max_form_memory_size = LARGEST_FORM
    # read once and kept: what parses the form later reads this
    if request.get_data(parse_form_data=False).count(b"&") >= MOST_FIELDS:
        abort(413)


def add_headers(response: Response) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    if request.is_secure and services().settings.production:
        headers["Strict-Transport-Security"] = _HSTS
    headers["Cache-Control"] = static_files.caching(response)
    return response


def host_name(netloc: str) -> str:
    """Give the host of a Host header or of a URL, in small letters; nothing where it is none."""
    return (split(f"//{netloc}").hostname or "").rstrip(".")


def split(url: str) -> SplitResult:
    """Split a URL that a stranger wrote; what is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
