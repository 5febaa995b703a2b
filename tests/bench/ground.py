"""What every row stands on: a receiver, a Valkey, a database with people and tickets, and the four pairs."""

import contextlib
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
from flask import Flask
from redis import Redis
from sqlalchemy import insert, select, text

from portal import create_app
from portal.clock import now
from portal.core.wire import Fields
from portal.db.engine import db
from portal.desk.seed import seed_lists
from portal.models import Callout, Company, Delivery, Ticket
from portal.settings import Settings
from tests.servers import Postgres, Valkey, wait_until

SQLITE, POSTGRES = "sqlite", "postgres"
DATABASES = (SQLITE, POSTGRES)
# what the editor allows: transport, data format, and what the format needs
PAIRS: dict[str, dict[str, str]] = {
    "GET name-value": {"transport": "GET", "data_format": "name_value"},
    "POST name-value": {"transport": "POST", "data_format": "name_value"},
    "POST SOAP": {
        "data_format": "soap",
        "method_name": "MyWebMethod",
        "soap_action": "http://tempuri.org/MyWebMethod",
    },
    "POST XML-RPC": {"data_format": "xml_rpc", "method_name": "callout.run"},
}
PLAIN = "POST name-value"


@dataclass
class Servers:
    """What is started once for a whole run."""

    valkey: Valkey
    postgres: Postgres
    receiver: str


@dataclass
class Ground:
    """One portal: its app in this process, and the environment for its programs."""

    app: Flask
    environ: dict[str, str]
    folder: Path
    callouts: dict[str, int]
    tickets: list[int]
    receiver: str

    @property
    def url(self) -> str:
        """The database, as its driver is told."""
        return str(self.environ.get("DATABASE_URL", self.folder / "portal.db"))


@contextlib.contextmanager
def ground(servers: Servers, database: str, tickets: int) -> Iterator[Ground]:
    """Make a portal with a callout for each pair, and so many tickets; Redis is emptied."""
    folder = Path(tempfile.mkdtemp(prefix="rt-bench-"))
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    environ |= {
        "PORTAL_INSTANCE": str(folder),
        "REDIS_URL": servers.valkey.url,
        "PORTAL_DEMO": "no",
        "PORTAL_MOCK_RMM": "no",
        "PORTAL_WORKERS": "1",
    }
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if database == POSTGRES:
            environ["DATABASE_URL"] = stack.enter_context(
                servers.postgres.database(f"b{uuid.uuid4().hex[:12]}")
            )
        with Redis.from_url(servers.valkey.url) as redis:
            redis.flushall()
        app = create_app(Settings.from_env(environ))
        with app.app_context():
            flask_migrate.upgrade()
            seed_lists(db.session)
            callouts = _make_callouts(servers.receiver)
            yield Ground(app, environ, folder, callouts, make_tickets(tickets), servers.receiver)
            db.session.remove()
            db.engine.dispose()


def _make_callouts(receiver: str) -> dict[str, int]:
    rows = {
        pair: Callout(name=pair, url=f"{receiver}/{values['data_format']}", **values)
        for pair, values in PAIRS.items()
    }
    db.session.add_all([*rows.values(), Company(name="Northwind")])
    db.session.commit()
    return {pair: row.id for pair, row in rows.items()}


def make_tickets(count: int) -> list[int]:
    """Write tickets down, without rules or history."""
    company, moment = db.session.scalars(select(Company.id)).first(), now()
    before = db.session.scalar(select(text("coalesce(max(id), 0)")).select_from(Ticket)) or 0
    values = {"company_id": company, "created_at": moment, "last_activity_at": moment}
    values |= {"status": 5, "priority": 2}
    db.session.execute(
        insert(Ticket),
        [
            {**values, "number": f"T20250101.{before + each:07}", "title": "Disk full on SRV1"}
            for each in range(count)
        ],
    )
    db.session.commit()
    return list(db.session.scalars(select(Ticket.id).order_by(Ticket.id.desc()).limit(count)))


def sample(ticket: int) -> Fields:
    """The seven values of a delivery, as long as they are in life."""
    stamp = "2025-03-25T11:23:58.6100000-04:00"
    return Fields(
        str(ticket), f"T20250325.{ticket:04}", "Complete", stamp, stamp, "DEV3.COM", "alert-12345678"
    )


def rows_of(callout: int, name: str, tickets: list[int], state: str = "waiting") -> list[dict[str, object]]:
    """Give a delivery for each ticket, as a rule would have written it."""
    moment = now()
    return [
        {
            "uid": f"msg_{uuid.uuid4().hex}",
            "callout_id": callout,
            "callout_name": name,
            "ticket_id": ticket,
            "rule_name": "Tell the RMM",
            "state": state,
            "fields": json.dumps(sample(ticket).as_dict()),
            "due_at": int(moment.timestamp()),
            "created_at": moment,
        }
        for ticket in tickets
    ]


def fill(place: Ground, pair: str, count: int) -> list[int]:
    """Commit waiting deliveries to the outbox, one a ticket; give their ids."""
    rows = rows_of(place.callouts[pair], pair, place.tickets[:count])
    for start in range(0, count, 5000):
        db.session.execute(insert(Delivery), rows[start : start + 5000])
    db.session.commit()
    query = select(Delivery.id).where(Delivery.state == "waiting").order_by(Delivery.id)
    found = list(db.session.scalars(query))
    db.session.commit()
    return found


def wait_until_ended(seconds: float) -> None:
    """Wait until no delivery is open any more."""
    query = text("SELECT 1 FROM delivery WHERE state IN ('waiting', 'sending') LIMIT 1")

    def ended() -> bool:
        with db.engine.connect().execution_options(reads=True) as connection:
            return connection.execute(query).first() is None

    wait_until(ended, seconds, "every delivery is recorded as ended")


def count_delivered() -> int:
    with db.engine.connect().execution_options(reads=True) as connection:
        return int(
            connection.execute(text("SELECT count(*) FROM delivery WHERE state = 'delivered'")).scalar_one()
        )
