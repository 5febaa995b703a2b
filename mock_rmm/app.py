"""Builds the application."""

import secrets

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf import CSRFProtect

from mock_rmm.connection import Diverting
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings
from mock_rmm.web import (
    access,
    alerts,
    api,
    doors,
    errors,
    headers,
    health,
    journal,
    journal_api,
    live,
    pages,
    receivers,
    receivers_api,
    reference,
    rules,
    rules_api,
    scenarios,
    verifying,
)
from mock_rmm.web.sessions import PageSessions
from mock_rmm.web.show import show
from mock_rmm.web.wary_request import WaryRequest, bound_form


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
    app.extensions[EXTENSION] = Rmm.of(settings)
    app.url_map.strict_slashes = False
    app.request_class = WaryRequest
    app.session_interface = PageSessions()
    app.before_request(bound_form)
    Bootstrap5(app)
    csrf = CSRFProtect(app)
    csrf.exempt(doors.blueprint)
    csrf.exempt(api.blueprint)
    csrf.exempt(receivers_api.blueprint)
    csrf.exempt(rules_api.blueprint)
    csrf.exempt(verifying.blueprint)
    access.guard(app)
    headers.protect(app)
    errors.register(app)
    show(app)
    for module in (
        health,
        doors,
        api,
        journal_api,
        receivers_api,
        rules_api,
        verifying,
        reference,
        access,
        live,
        pages,
        journal,
        alerts,
        receivers,
        rules,
        scenarios,
    ):
        app.register_blueprint(module.blueprint)
    app.wsgi_app = Diverting(app.wsgi_app)  # type: ignore[method-assign]
    return app
