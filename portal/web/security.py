"""Security of every request and response: the Host header, the size of forms, and response headers."""

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
# Programs on the same machine request these, under any loopback name.
_MONITORING = frozenset({"home.health", "monitoring.ready", "monitoring.show_metrics"})
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
# The largest form is a bulk job's or a rule's; each field costs as much as a hundred letters.
MOST_FIELDS, LARGEST_FORM = 5000, 1024 * 1024
_HSTS = "max-age=31536000"


def guard(app: Flask) -> None:
    """Check each request before anything else reads it; call it before the extensions add their own hooks."""
    app.before_request(refuse_foreign_host)
    app.before_request(bound_form)


def init_app(app: Flask) -> None:
    app.after_request(add_headers)


def refuse_foreign_host() -> Response | None:
    """Accept only the portal's own host names, against DNS rebinding."""
    host = host_name(request.host)
    settings = services().settings
    own = host_name(urlsplit(settings.base_url).netloc)
    near = not settings.production or request.endpoint in _MONITORING
    if host and (host == own or host in settings.allowed_hosts or (near and _is_loopback(host))):
        return None
    text = (
        "This portal does not answer to the name in the request's Host header. Use the address in PORTAL_BASE_URL, "
        "or have an administrator of the server add the name to PORTAL_ALLOWED_HOSTS.\n"
    )
    return Response(text, 400, mimetype="text/plain")


def bound_form() -> None:
    """Refuse a form that is too large, or has too many fields, before it is parsed."""
    if request.mimetype not in _FORMS:
        return
    request.max_content_length = LARGEST_FORM
    request.max_form_parts = MOST_FIELDS
    request.max_form_memory_size = LARGEST_FORM
    # Flask caches it: the form is parsed from this later
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
    """Return the host of a Host header or a URL's netloc, in lower case; "" if it is invalid."""
    return (split(f"//{netloc}").hostname or "").rstrip(".")


def split(url: str) -> SplitResult:
    """Split an untrusted URL; an invalid one has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or host.endswith(".localhost") or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
