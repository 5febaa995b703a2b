"""Who may see what: every route needs a sign-in, but for the endpoints named here."""

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user
from structlog.contextvars import bind_contextvars
from werkzeug.wrappers import Response

from portal.core.actors import Actor, ActorKind
from portal.extensions import db, login_manager
from portal.models import Resource
from portal.models.people import API_USER

PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "bootstrap.static",
        "auth.sign_in",
        "home.health",
        "watching.ready",
        # asks for its own token, or lets nobody from elsewhere in
        "watching.show_metrics",
        # the web services API asks for HTTP Basic itself
        "atws.service",
        "atws.wsdl",
    }
)


def init_app(app: Flask) -> None:
    login_manager.session_protection = "basic"
    login_manager.user_loader(load_resource)
    app.before_request(require_sign_in)


def load_resource(session_id: str) -> Resource | None:
    """Find who a session belongs to: not after a new password, nor once inactive or an API User."""
    resource_id, _, session_key = session_id.partition(":")
    if not (resource_id.isascii() and resource_id.isdigit()):
        return None
    resource = db.session.get(Resource, int(resource_id))
    if resource is None or not resource.active or resource.session_key != session_key:
        return None
    if resource.security_level == API_USER:
        return None
    bind_contextvars(by=resource.id)
    return resource


def require_sign_in() -> Response | None:
    """Send whoever is not signed in to the sign-in page, and back afterwards."""
    if request.endpoint is None or request.endpoint in PUBLIC_ENDPOINTS or current_user.is_authenticated:
        return None
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=None if back == "/" else back))


def require_admin() -> None:
    """Refuse everybody but administrators; for ``blueprint.before_request``."""
    if not current_user.is_admin:
        abort(403)


def signed_in() -> Resource:
    """Give the resource that is signed in; for views, which nobody else reaches."""
    resource = current_user._get_current_object()  # noqa: SLF001 - Flask-Login offers no other way
    assert isinstance(resource, Resource)  # noqa: S101
    return resource


def actor() -> Actor:
    """Give the resource that is signed in, as use cases name who does something."""
    resource = signed_in()
    return Actor(ActorKind.RESOURCE, resource.name, resource.id)
