"""Roundtrip: a service desk portal whose workflow rules tell monitoring systems how a ticket ended."""

from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from portal.settings import Settings

_MAX_BODY = 4 * 1024 * 1024
# a database that does not answer must not hold a request for the minutes that TCP would give it
_CONNECT_SECONDS = 10
MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


def create_app(settings: Settings | None = None) -> Flask:
    """Make the app. Settings come from the environment unless they are given; raises SettingsError."""
    from flask_bootstrap import Bootstrap5  # noqa: PLC0415 - keeps `import portal` light

    from portal import api, web  # noqa: PLC0415
    from portal.db import after_commit, counters  # noqa: PLC0415
    from portal.db.engine import csrf, db, login_manager, migrate, prepare_engine  # noqa: PLC0415
    from portal.db.services import Services, services  # noqa: PLC0415
    from portal.web import security, static_files  # noqa: PLC0415

    settings = settings or Settings.from_env()
    settings.instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    app = Flask(__name__, template_folder="web/templates", static_folder="web/static")
    app.config.from_mapping(_flask_config(settings))
    app.extensions["portal"] = Services.make(settings)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(MIGRATIONS))
    security.guard(app)
    static_files.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
    Bootstrap5(app)
    with app.app_context():
        prepare_engine(db.engine)
    after_commit.install(
        db.session.session_factory,
        # the factory is shared by all apps of a process, so the doorbell is looked up at each commit
        ring=lambda: services().doorbell.ring(),  # noqa: PLW0108
        flush=lambda: counters.flush(services().doorbell),
    )
    api.init_app(app)
    web.init_app(app, api.PUBLIC_ENDPOINTS)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _flask_config(settings: Settings) -> dict[str, object]:
    # parameters may be passwords or customers' texts, and errors are logged
    engine: dict[str, object] = {"pool_pre_ping": not settings.sqlite, "hide_parameters": True}
    if not settings.sqlite:
        # a thread of the web server or the drain holds one connection at most
        engine |= {"pool_size": settings.web_threads, "max_overflow": 4, "pool_recycle": 1800}
        engine["connect_args"] = {"connect_timeout": _CONNECT_SECONDS}
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": engine,
        "SESSION_COOKIE_NAME": "roundtrip",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.base_url.startswith("https://"),
        # its row decides how long a session lasts (portal/desk/sessions.py)
        "PERMANENT_SESSION_LIFETIME": settings.session_hours * 3600,
        "MAX_CONTENT_LENGTH": _MAX_BODY,
        "WTF_CSRF_TIME_LIMIT": None,
        "BOOTSTRAP_SERVE_LOCAL": True,
    }
