"""Who may see what: every page needs a sign-in, but for the endpoints named here; and who a session belongs to."""

from functools import partial

from flask import Flask, abort, g, redirect, request, url_for
from flask_login import current_user
from structlog.contextvars import bind_contextvars
from werkzeug.wrappers import Response

from portal.clock import now
from portal.core.actors import Actor, ActorKind, Context
from portal.db.engine import db, login_manager
from portal.db.services import services
from portal.desk import sessions
from portal.models import Resource

PUBLIC_ENDPOINTS = frozenset(
    {
        "static",
        "bootstrap.static",
        "auth.sign_in",
        "home.health",
        "monitoring.ready",
        # asks for its own token, or lets nobody from elsewhere in
        "monitoring.show_metrics",
    }
)
# What pages ask for by themselves (data-poll): a page that is left open does not keep its session alive.
POLLED_ENDPOINTS = frozenset({"bulk.live", "deliveries.live", "tickets.activity", "tickets.callouts"})


def init_app(app: Flask, public: frozenset[str]) -> None:
    """Ask for a sign-in everywhere but at PUBLIC_ENDPOINTS and ``public``, the API's."""
    # a session's row says whether it is one; addresses change, and browsers too
    login_manager.session_protection = None
    login_manager.user_loader(load_resource)
    app.before_request(partial(require_sign_in, PUBLIC_ENDPOINTS | public))


def load_resource(token: str) -> Resource | None:
    """Find who a session belongs to: nobody once it has ended, or its resource is inactive or an API User."""
    by_hand = request.endpoint not in POLLED_ENDPOINTS
    session_id = sessions.find(db.engine, token, services().settings, now(), by_hand=by_hand)
    resource = None if session_id is None else sessions.resource_of(db.session(), session_id)
    if resource is not None:
        g.session_id = session_id
        bind_contextvars(by=resource.id)
    return resource


def require_sign_in(public: frozenset[str]) -> Response | None:
    """Send whoever is not signed in to the sign-in page, and back afterwards."""
    if request.endpoint is None or request.endpoint in public or current_user.is_authenticated:
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


def session_id() -> int:
    """Give the session of the resource that is signed in."""
    signed_in()
    found: int = g.session_id
    return found


def actor() -> Actor:
    """Give the resource that is signed in, as use cases name who does something."""
    resource = signed_in()
    return Actor(ActorKind.RESOURCE, resource.name, resource.id)


def context() -> Context:
    """Give the context of a change that the resource who is signed in makes now."""
    return Context(actor(), now(), services().settings.login_domain)
