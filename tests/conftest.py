"""What every test can ask for: an app on a fresh database, real servers, and people to sign in as."""

import functools
import itertools
import logging
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import flask_migrate
import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Locator, expect, sync_playwright
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session, scoped_session

from portal import create_app
from portal.clock import now
from portal.core.actors import Actor, ActorKind, Context
from portal.db.engine import db as database
from portal.desk import passwords, signing_in
from portal.desk.seed import seed_lists
from portal.models import Company, Resource, Ticket
from portal.models.people import ADMINISTRATOR, API_USER, SERVICE_DESK
from portal.settings import Settings
from tests import cheap, transactions
from tests.browser_binary import browser_binary
from tests.servers import Postgres, Valkey

PASSWORD = "correct horse battery"
_counter = itertools.count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives the browser, and what needs PostgreSQL, which takes seconds to begin."""
    for item in items:
        asked = item.callspec.params if hasattr(item, "callspec") else {}
        if "postgres" in item.fixturenames or asked.get("app") == "postgres":
            item.add_marker(pytest.mark.slow)
        if "browser" in item.fixturenames:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session", autouse=True)
def cheap_apps() -> None:
    """Apps that are made quickly, and real argon2 with little work: hundreds of tests sign in."""
    cheap.prepare()
    passwords._hasher = transactions.QUICK
    transactions.watch()


@pytest.fixture(autouse=True)
def no_password_is_hashed_in_a_transaction() -> Iterator[None]:
    """argon2 is slow on purpose: whoever writes would wait for it."""
    yield
    found = [*transactions.noticed]
    transactions.noticed.clear()
    assert not found, "\n\n".join(found)


@pytest.fixture(autouse=True)
def kept_logging() -> Iterator[None]:
    """What a test's commands and apps set of the logging doesn't decide what the next test's log tells."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    yield server
    server.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a process: Playwright runs once at a time."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        expect.set_options(timeout=60_000)  # five seconds are little on a busy machine
        running = chromium.launch(
            executable_path=browser_binary(chromium.executable_path),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        with pytest.MonkeyPatch.context() as patch:
            for action in ("check", "click", "fill", "press", "select_option"):
                patch.setattr(Locator, action, _once_loaded(getattr(Locator, action)))
            yield running
        running.close()


def _once_loaded(action: Callable[..., None]) -> Callable[..., None]:
    """Do it to a page that has loaded: after a form led to it, its text is there before its scripts are."""

    @functools.wraps(action)
    def act(self: Locator, *args: object, **options: object) -> None:
        self.page.wait_for_load_state()
        action(self, *args, **options)

    return act


@pytest.fixture
def environ(tmp_path: Path, valkey: Valkey) -> dict[str, str]:
    """The environment that the app (and any process a test starts) reads; a test may add to it first."""
    return {
        "PORTAL_INSTANCE": str(tmp_path / "instance"),
        "REDIS_URL": valkey.url,
        "PORTAL_LOGIN_DOMAIN": "DEV3.COM",
        "PORTAL_DEMO": "no",
    }


def _migrate(folder: Path, valkey: Valkey, **environ: str) -> None:
    """Make a database with nothing but the lists in it."""
    values = {"PORTAL_INSTANCE": str(folder), "REDIS_URL": valkey.url, **environ}
    app = create_app(Settings.from_env(values))
    with app.app_context():
        flask_migrate.upgrade()
        seed_lists(database.session)
        database.session.commit()
        database.session.remove()
        if database.engine.dialect.name == "sqlite":
            # so that a copy is whole without the write-ahead log
            with database.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.engine.dispose()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory, valkey: Valkey) -> Path:
    """A migrated SQLite database; each test copies it."""
    folder = tmp_path_factory.mktemp("template")
    _migrate(folder, valkey)
    return folder / "portal.db"


@pytest.fixture(scope="session")
def migrated_postgres(
    tmp_path_factory: pytest.TempPathFactory, valkey: Valkey, postgres: Postgres
) -> Iterator[str]:
    """A migrated database on PostgreSQL; each test makes its own from it."""
    with postgres.database("migrated") as url:
        _migrate(tmp_path_factory.mktemp("template"), valkey, DATABASE_URL=url)
        yield "migrated"


@pytest.fixture(params=["sqlite"])
def app(
    request: pytest.FixtureRequest,
    environ: dict[str, str],
    empty_database: Path,
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flask]:
    """The app in its context, on SQLite; `@pytest.mark.parametrize("app", BOTH, indirect=True)` for both."""
    if request.param == CURRENT_SQLITE:
        current = pytest.importorskip("pysqlite3", reason="no wheel of a current SQLite for this machine")
        monkeypatch.setattr(SQLiteDialect_pysqlite, "import_dbapi", lambda: current)
    with _database_of(request, environ, empty_database):
        app = create_app(Settings.from_env(environ))
        app.config["TESTING"] = True
        from redis import Redis

        with Redis.from_url(valkey.url) as redis:
            redis.flushall()
        with app.app_context():
            cheap.prepare_engine(database.engine)
            yield app
            database.session.remove()
            database.engine.dispose()


BOTH = ["sqlite", "postgres"]
# this Python's SQLite may be years old, and the latest plans otherwise
CURRENT_SQLITE = "current SQLite"
ALL_PLANNERS = [*BOTH, CURRENT_SQLITE]


def _database_of(request: pytest.FixtureRequest, environ: dict[str, str], empty_database: Path):
    import contextlib

    if request.param == "postgres":
        server: Postgres = request.getfixturevalue("postgres")
        template = request.getfixturevalue("migrated_postgres")

        @contextlib.contextmanager
        def made():
            with server.database(f"t{uuid.uuid4().hex[:12]}", template) as url:
                environ["DATABASE_URL"] = url
                yield

        return made()
    instance = Path(environ["PORTAL_INSTANCE"])
    instance.mkdir(parents=True)
    shutil.copy(empty_database, instance / "portal.db")
    return contextlib.nullcontext()


@pytest.fixture
def session(app: Flask) -> "scoped_session":
    return database.session


@pytest.fixture
def hours_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failed tries make the next one wait for hours, so no test depends on how quick it is."""
    for name in ("_ACCOUNT", "_PAIR", "_NETWORK", "_WIDE"):
        free, _, forgiven = getattr(signing_in, name)
        monkeypatch.setattr(signing_in, name, (free, 9999, forgiven * 1000, 9999))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def company(session: scoped_session) -> Company:
    row = Company(name=f"Northwind {next(_counter)}")
    session.add(row)
    session.commit()
    return row


def set_password(row: Resource, password: str) -> None:
    row.password_hash = transactions.quick_hash(password.encode("utf-8", "surrogatepass"))


def authenticate(session: Session, user_name: str, password: str) -> Resource | None:
    """Give who these belong to, without the limits that signing in has."""
    session.commit()
    found = signing_in.look_up(database.engine, user_name)
    right = found and passwords.verify_password(found.password_hash, password)
    return session.get(Resource, found.id) if found and right else None


def make_resource(session: scoped_session, level: str, user_name: str = "", **values: object) -> Resource:
    row = Resource(
        user_name=user_name or f"{level}{next(_counter)}",
        security_level=level,
        **{"first_name": "Ada", "last_name": "Lovelace", "email1": "ada@example.com"} | values,
    )
    set_password(row, PASSWORD)
    session.add(row)
    session.commit()
    return row


@pytest.fixture
def admin(session: scoped_session) -> Resource:
    return make_resource(session, ADMINISTRATOR)


@pytest.fixture
def technician(session: scoped_session) -> Resource:
    return make_resource(session, SERVICE_DESK)


@pytest.fixture
def api_user(session: scoped_session) -> Resource:
    return make_resource(session, API_USER)


@pytest.fixture
def ticket(session: scoped_session, company: Company) -> Ticket:
    return make_ticket(session, company)


def make_ticket(session: scoped_session, company: Company, **values: object) -> Ticket:
    """A ticket made through the use case, by a resource, and committed."""
    from portal.desk.ticket_work import create_ticket

    udfs = values.pop("udfs", {})
    ticket, _ = create_ticket(
        session(),
        Context(TECHNICIAN, now(), "DEV3.COM"),
        {"title": "Disk full on SRV1", "company_id": company.id} | values,
        udfs,
    )
    session.commit()
    return ticket


TECHNICIAN = Actor(ActorKind.RESOURCE, "Tess Technician")


def sign_in(client: FlaskClient, who: Resource) -> None:
    """Sign in through the real form."""
    answer = client.post("/sign-in", data={"user_name": who.user_name, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
