"""``portal run``: everything on one machine, under one supervisor."""

import errno
import fcntl
import os
import secrets
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import flask_migrate
from sqlalchemy.exc import DatabaseError

from portal import clock, create_app
from portal.db.engine import db
from portal.db.services import services
from portal.desk.demo import API_USER_NAME, MockRmm, make_demo
from portal.desk.passwords import hash_password
from portal.desk.seed import has_resources, make_first_admin, seed_lists
from portal.runtime.embedded import server_command
from portal.runtime.ready import answers, has_worker, pings, reachable
from portal.runtime.supervisor import Child, Supervisor
from portal.settings import Settings
from portal.settings.redis_server import socket_path

_ROOT = Path(__file__).resolve().parents[2]
# The environment variables that each program gets: the system's, those that web server and workers share, and its
# own. Passwords that only `prepare` or only the mock needs are passed to no other program.
_SYSTEM = (
    *("PATH", "HOME", "USER", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH"),
    *("PYTHONPATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)
# fmt: off
_SHARED = (
    "PORTAL_ENV", "PORTAL_INSTANCE", "PORTAL_HOST", "PORTAL_PORT", "PORTAL_BASE_URL", "PORTAL_ALLOWED_HOSTS",
    "PORTAL_LOGIN_DOMAIN", "PORTAL_SECRET_KEY", "PORTAL_CREDENTIAL_KEYS", "DATABASE_URL", "REDIS_URL", "SMTP_URL",
    "PORTAL_MAIL_FROM", "PORTAL_LOG_FORMAT", "PORTAL_RESEND_SECONDS", "PORTAL_RESEND_LIMIT", "PORTAL_SEND_TIMEOUT",
    "PORTAL_CONNECT_TIMEOUT", "PORTAL_LEASE_SECONDS", "PORTAL_SWEEP_SECONDS", "PORTAL_KEEP_DAYS", "PORTAL_SENDERS",
    "PORTAL_WORKERS", "PORTAL_ALLOWED_NETWORKS", "PORTAL_HTTP_PROXY", "PORTAL_DEMO", "PORTAL_MOCK_RMM",
    "MOCK_RMM_HOST", "MOCK_RMM_PORT", "MOCK_RMM_URL", "MOCK_RMM_USERNAME", "PORTAL_ADMIN_USERNAME",
)
# fmt: on
WEB_VARIABLES = (
    *(*_SYSTEM, *_SHARED, "PORTAL_METRICS_TOKEN", "PORTAL_TRUSTED_PROXIES"),
    *("PORTAL_WEB_WORKERS", "PORTAL_WEB_THREADS", "PORTAL_REQUEST_SECONDS"),
    *("PORTAL_SESSION_IDLE_MINUTES", "PORTAL_SESSION_HOURS"),
)
WORKER_VARIABLES = (*_SYSTEM, *_SHARED)
_MOCK_PREFIX = "MOCK_RMM_"
_MOCK_VARIABLES = (*_SYSTEM, "PORTAL_API_INTEGRATION_CODE", "PORTAL_API_TIMEOUT")


class CannotStart(Exception):  # noqa: N818
    """Something on this machine prevents the start; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the first start made: the administrator's password is shown once only."""

    admin: str = ""
    password: str = ""
    password_was_given: bool = False
    demo: bool = False


def run(settings: Settings, say: Callable[[str], None], *, dev: bool = False) -> None:
    """Start everything, print how to sign in, and keep it running until Ctrl-C.

    ``dev`` serves the pages with Flask's reloader and debugger. Raises CannotStart, NoServerProgram and NotReady.
    """
    if dev and settings.production:
        raise CannotStart(
            "The debugger runs any code, so it is not for PORTAL_ENV=production. Leave out --dev."
        )
    os.umask(0o077)  # only the owner can read the files, even in a folder that others can
    lock = _lock(settings.instance)
    _check_ports(settings)
    supervisor = Supervisor()
    try:
        if settings.embedded_redis:
            supervisor.start([_valkey(settings)])
        elif not pings(settings)():
            raise CannotStart(
                "No Redis answers at REDIS_URL. Start it, or unset REDIS_URL to use the embedded one."
            )
        prepared = prepare(settings)
        supervisor.start(_programs(settings, dev_command(settings) if dev else web_command(settings)))
        if not supervisor.stopping:
            say(_welcome(settings, prepared))
        supervisor.watch()
    finally:
        supervisor.stop()
        lock.close()


def prepare(settings: Settings) -> Prepared:
    """Migrate the database, and create a new portal's lists, administrator and demo."""
    app = create_app(settings)
    with app.app_context():
        _check_database(settings)
        flask_migrate.upgrade()
        password = settings.admin_password or secrets.token_urlsafe(12)
        is_new = not has_resources(db.session())
        db.session.rollback()  # argon2 is slow on purpose, so not inside a transaction
        admin_hash, api_hash = (
            hash_password(each) if is_new else "" for each in (password, settings.mock_rmm_api_password)
        )
        seed_lists(db.session())
        admin = make_first_admin(db.session(), settings.admin_username, admin_hash) if is_new else None
        demo = False
        if settings.demo and admin is not None:
            mock = MockRmm(
                settings.mock_rmm_url,
                settings.mock_rmm_username,
                services().credentials.encrypt(settings.mock_rmm_password),
                api_hash,
            )
            demo = make_demo(db.session(), mock, to=admin, now=clock.now())
        name = admin.user_name if admin else ""
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    if not name:
        return Prepared()
    return Prepared(name, password, bool(settings.admin_password), demo)


def web_command(settings: Settings) -> list[str]:
    """Return the command that serves the pages and the web services API."""
    return [
        *(sys.executable, "-m", "gunicorn", "portal.wsgi:app"),
        # sendfile() would wait for a slow client; more connections could exceed the process's file descriptors
        *(
            "--worker-class",
            "portal.runtime.gunicorn_worker.Worker",
            "--no-sendfile",
            "--worker-connections",
            "500",
        ),
        *("--workers", str(settings.web_workers), "--threads", str(settings.web_threads)),
        *("--bind", f"{settings.host}:{settings.port}", "--log-level", "warning", "--no-control-socket"),
        *("--logger-class", "portal.runtime.gunicorn_log.GunicornLog"),
        # an idle connection must not delay a stop
        *("--keep-alive", "5", "--graceful-timeout", "10", "--chdir", str(_ROOT)),
    ]


def dev_command(settings: Settings) -> list[str]:
    """Return the command that serves the same for development, with reload and debugger."""
    address = ("--host", settings.host, "--port", str(settings.port))
    return [sys.executable, "-m", "flask", "--app", "portal.wsgi", "run", "--debug", *address]


def _programs(settings: Settings, web: list[str]) -> list[Child]:
    children = [
        Child(
            "portal",
            web,
            _environment(WEB_VARIABLES),
            answers(settings.host, settings.port, "/healthz"),
        ),
        Child(
            "worker",
            [sys.executable, str(_ROOT / "worker.py")],
            _environment(WORKER_VARIABLES),
            has_worker(settings),
        ),
    ]
    if settings.mock_rmm:
        environment = _mock_environment(settings)
        ready = answers(settings.mock_rmm_host, settings.mock_rmm_port, "/healthz")
        children.append(Child("mock RMM", [sys.executable, "-m", "mock_rmm"], environment, ready))
    return children


def _environment(names: Sequence[str]) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}


def _mock_environment(settings: Settings) -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if name.startswith(_MOCK_PREFIX)}
    return (
        _environment(_MOCK_VARIABLES)
        | own
        | {
            "MOCK_RMM_HOST": settings.mock_rmm_host,
            "MOCK_RMM_PORT": str(settings.mock_rmm_port),
            "MOCK_RMM_USERNAME": settings.mock_rmm_username,
            "MOCK_RMM_PASSWORD": settings.mock_rmm_password,
            "MOCK_RMM_JOURNAL": os.environ.get(
                "MOCK_RMM_JOURNAL", str(settings.instance / "mock-rmm.journal")
            ),
            "PORTAL_API_URL": f"http://{reachable(settings.host)}:{settings.port}/ATServices/1.6/atws.wsdl",
            "PORTAL_API_USERNAME": API_USER_NAME,
            "PORTAL_API_PASSWORD": settings.mock_rmm_api_password,
        }
    )


def _valkey(settings: Settings) -> Child:
    command = server_command(settings.instance / "valkey", socket_path(settings.instance))
    return Child("Valkey", command, _environment(_SYSTEM), pings(settings))


def _lock(instance: Path) -> IO[str]:
    """Lock the instance against a second supervisor; the lock ends with the process."""
    lock = (instance / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise CannotStart(
            f"A portal already runs on {instance}. End it first, or name another folder with PORTAL_INSTANCE."
        ) from error
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _check_database(settings: Settings) -> None:
    try:
        db.engine.connect().close()
    except DatabaseError as error:
        check = (
            "DATABASE_URL and PORTAL_INSTANCE"
            if settings.sqlite
            else "DATABASE_URL, and that the server runs"
        )
        said = " ".join(str(error.orig).split())
        raise CannotStart(f"The database can't be opened ({said}). Check {check}.") from error


def _check_ports(settings: Settings) -> None:
    wanted = [("PORTAL", settings.host, settings.port)]
    if settings.mock_rmm:
        wanted.append(("MOCK_RMM", settings.mock_rmm_host, settings.mock_rmm_port))
    for name, host, port in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                    advice = f"Set {name}_PORT to a free one."
                else:
                    advice = f"Set {name}_HOST to an address of this machine."
                raise CannotStart(
                    f"Port {port} on {host} can't be used ({error.strerror}). {advice}"
                ) from error


def _welcome(settings: Settings, prepared: Prepared) -> str:
    lines = ["", f"  Portal     {settings.base_url}"]
    if settings.mock_rmm:
        lines.append(f"  Mock RMM   {settings.mock_rmm_url}")
    if prepared.admin:
        password = (
            "the password in PORTAL_ADMIN_PASSWORD" if prepared.password_was_given else prepared.password
        )
        lines.append(f"  Sign in    {prepared.admin} / {password}")
        if not prepared.password_was_given:
            lines.append("             This password is shown once. Change it under your name, top right.")
    else:
        lines.append("  Sign in    with the resources of this portal (forgotten? portal create-admin)")
    lines += ["  Stop       Ctrl-C", ""]
    return "\n".join(lines)
