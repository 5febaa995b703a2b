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
        # checks its own token, or serves this machine only
        "monitoring.show_metrics",
    }
)
# What pages poll (data-poll): a page that is left open does not keep its session alive.
POLLED_ENDPOINTS = frozenset({"bulk.live", "deliveries.live", "tickets.activity", "tickets.callouts"})


def init_app(app: Flask, public: frozenset[str]) -> None:
    """Ask for a sign-in everywhere but at PUBLIC_ENDPOINTS and ``public``, the API's."""
    # the session's row decides; addresses and browsers may change
    login_manager.session_protection = None
    login_manager.user_loader(load_resource)
    app.before_request(partial(require_sign_in, PUBLIC_ENDPOINTS | public))


def load_resource(token: str) -> Resource | None:
    """Load a session's resource; None once it has ended, or if the resource is inactive or an API User."""
    by_user = request.endpoint not in POLLED_ENDPOINTS
    session_id = sessions.find(db.engine, token, services().settings, now(), by_user=by_user)
    resource = None if session_id is None else sessions.resource_of(db.session(), session_id)
    if resource is not None:
        g.session_id = session_id
        bind_contextvars(by=resource.id)
    return resource


def require_sign_in(public: frozenset[str]) -> Response | None:
    """Redirect users who are not signed in to the sign-in page, and back afterwards."""
    if request.endpoint is None or request.endpoint in public or current_user.is_authenticated:
        return None
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=None if back == "/" else back))


def require_admin() -> None:
    """Refuse everybody but administrators; for ``blueprint.before_request``."""
    if not current_user.is_admin:
        abort(403)


def signed_in() -> Resource:
    """Return the signed-in resource; for views, which need a sign-in."""
    resource = current_user._get_current_object()  # noqa: SLF001 - Flask-Login offers no other way
    assert isinstance(resource, Resource)  # noqa: S101
    return resource


def session_id() -> int:
    """Return the id of the current session."""
    signed_in()
    found: int = g.session_id
    return found


def actor() -> Actor:
    """Return the signed-in resource as an actor of use cases."""
    resource = signed_in()
    return Actor(ActorKind.RESOURCE, resource.name, resource.id)


def context() -> Context:
    """Return the context of a change that the signed-in resource makes now."""
    return Context(actor(), now(), services().settings.login_domain)
