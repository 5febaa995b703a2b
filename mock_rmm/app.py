"""Builds the application."""

import secrets

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from mock_rmm.api import routes
from mock_rmm.connection import Diverting
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings
from mock_rmm.web import access, alerts, endpoints, http, journal, live, pages, receivers, rules, scenarios
from mock_rmm.web.show import show


def create_app(settings: Settings) -> Flask:
    """Build a mock RMM with a memory of its own. `app.extensions["mock_rmm"]` is that memory."""
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config.update(
        # In memory like the rest: a sign-in ends with the process
        SECRET_KEY=secrets.token_bytes(32),
        # The portal may run on the same host, and cookies don't tell ports apart
        SESSION_COOKIE_NAME="mock_rmm_session",
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined] # of the default provider
    app.extensions[EXTENSION] = Rmm(settings)
    app.url_map.strict_slashes = False
    http.register(app)
    Bootstrap5(app)
    csrf = CSRFProtect(app)
    csrf.exempt(endpoints.blueprint)
    csrf.exempt(routes.blueprint)
    access.guard(app)
    show(app)
    modules = (http, endpoints, routes, access, live, pages, journal, alerts, receivers, rules, scenarios)
    for module in modules:
        app.register_blueprint(module.blueprint)
    app.wsgi_app = Diverting(app.wsgi_app)  # type: ignore[method-assign]
    return app
