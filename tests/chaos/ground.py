"""What a run stands on: servers, a migrated database with tickets and callouts, and the portal's programs."""

import contextlib
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from flask import Flask

from portal import clock, create_app
from portal.core.actors import Context
from portal.db.engine import db
from portal.desk.passwords import hash_password
from portal.desk.seed import seed_lists
from portal.desk.ticket_work import create_ticket
from portal.models import (
    Callout,
    CalloutRecipient,
    Company,
    Resource,
    Rule,
    RuleAction,
    RuleCondition,
    RuleEvent,
)
from portal.models.people import API_USER, SERVICE_DESK
from portal.settings import Settings
from tests.chaos.flaky import FlakyReceiver
from tests.chaos.plan import SETTINGS, Plan
from tests.conftest import TECHNICIAN
from tests.servers import Postgres, Valkey, free_port

API_NAME = "monitoring"
DOMAIN = "DEV3.COM"
_AT_ONCE = 200


@dataclass
class Ground:
    plan: Plan
    folder: Path
    app: Flask
    settings: Settings
    environ: dict[str, str]
    valkey: Valkey
    postgres: Postgres | None
    receiver: FlakyReceiver
    tickets: list[int]
    password: str

    @property
    def instance(self) -> Path:
        return self.settings.instance

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port}"


@contextlib.contextmanager
def ground(plan: Plan) -> Iterator[Ground]:
    """Prepare everything that a run needs, and clear it away."""
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="rt-chaos-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        valkey = Valkey()
        stack.callback(valkey.close)
        receiver = FlakyReceiver(plan.seed, plan.doomed)
        stack.callback(receiver.close)
        environ = SETTINGS | {
            "PORTAL_INSTANCE": str(folder / "instance"),
            "PORTAL_PORT": str(free_port()),
            "PORTAL_LOGIN_DOMAIN": DOMAIN,
            "REDIS_URL": valkey.url,
        }
        postgres = None
        if plan.database == "postgres":
            postgres = Postgres()
            stack.callback(postgres.close)
            environ["DATABASE_URL"] = stack.enter_context(postgres.database("chaos"))
        settings = Settings.from_env(environ)
        app = stack.enter_context(create_app(settings).app_context()).app
        stack.callback(db.engine.dispose)
        stack.callback(db.session.remove)
        password = secrets.token_urlsafe(12)
        tickets = _fill(plan, receiver.url, password)
        yield Ground(plan, folder, app, settings, environ, valkey, postgres, receiver, tickets, password)


def _fill(plan: Plan, url: str, password: str) -> list[int]:
    flask_migrate.upgrade()
    password_hash = hash_password(password)
    session = db.session
    seed_lists(session)
    company = Company(name="Northwind")
    program = Resource(
        first_name="Monitoring",
        last_name="System",
        user_name=API_NAME,
        security_level=API_USER,
        password_hash=password_hash,
    )
    told = Resource(
        first_name="Tess",
        last_name="Told",
        user_name="told",
        security_level=SERVICE_DESK,
        email1="t@example.com",
    )
    session.add_all([company, program, told])
    session.flush()
    _make_callout(told, name="Acme RMM", url=f"{url}/acme", data_format="name_value")
    _make_callout(
        told,
        name="Other RMM",
        url=f"{url}/other",
        data_format="xml_rpc",
        method_name="ticket.changed",
        only_on_failure=True,
    )
    session.commit()
    tickets = []
    for number in range(plan.tickets):
        values = {"title": f"Disk full on SRV{number}", "company_id": company.id}
        ticket, _ = create_ticket(session(), Context(TECHNICIAN, clock.now(), DOMAIN), values, {})
        tickets.append(ticket.id)
        if number % _AT_ONCE == 0:
            session.commit()
    session.commit()
    session.remove()
    return tickets


def _make_callout(told: Resource, **values: object) -> None:
    callout = Callout(**values, recipients=[CalloutRecipient(resource_id=told.id, slot=1)])
    db.session.add(callout)
    db.session.flush()
    db.session.add(
        Rule(
            name=f"Tell {callout.name}",
            created_at=clock.now(),
            events=[RuleEvent(kind="edited")],
            conditions=[RuleCondition(field="status", operator="changed", operands=[])],
            actions=[RuleAction(kind="execute_callout", callout_id=callout.id)],
        )
    )
