"""The same with a million finished deliveries in the table as with none: rate, pages, and the query plans."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from portal.clock import now
from portal.db.engine import db
from portal.desk.passwords import hash_password
from portal.desk.volume import fill as fill_finished
from portal.models import Delivery, Resource
from portal.models.people import ADMINISTRATOR
from tests.bench.ground import PLAIN, Ground
from tests.bench.processes import Program
from tests.bench.rates import loop, portal_run

_LOOKS = 15
_PAGE = 200
_PASSWORD = "correct horse battery"


def finished(count: int) -> None:
    """Write so many finished deliveries down."""
    db.session.rollback()
    fill_finished(db.engine, count, now=now())


def signed_in(place: Ground) -> FlaskClient:
    if not db.session.scalar(select(func.count()).select_from(Resource)):
        person = Resource(
            user_name="bench",
            first_name="Ada",
            last_name="Lovelace",
            email1="ada@example.com",
            security_level=ADMINISTRATOR,
            password_hash=hash_password(_PASSWORD),
        )
        db.session.add(person)
        db.session.commit()
    place.app.config["WTF_CSRF_ENABLED"] = False
    client = place.app.test_client()
    answer = client.post("/sign-in", data={"user_name": "bench", "password": _PASSWORD})
    if answer.status_code != 302:
        raise RuntimeError(f"signing in answered HTTP {answer.status_code}")
    return client


def pages(place: Ground) -> dict[str, float]:
    """Give the milliseconds that a ticket's page and the list of deliveries take: the median of some looks."""
    client = signed_in(place)
    ticket = db.session.scalar(select(Delivery.ticket_id).order_by(Delivery.id.desc()).limit(1))
    db.session.commit()
    return {
        "ticket page": _page(client, f"/tickets/{ticket}"),
        "deliveries page": _page(client, "/deliveries"),
    }


def rate(place: Ground, program: Program, count: int, runs: int) -> list[tuple[float, float]]:
    """Give rates, each with the bare loop's beside it."""
    found = []
    for _ in range(runs):
        base = loop(place.receiver, PLAIN, count)
        found.append((portal_run(place, program, PLAIN, count, base.rate).rate, base.rate))
    return found


def plans(place: Ground) -> list[str]:
    """Give how the database reads deliveries and attempts for both pages, statement by statement."""
    client = signed_in(place)
    ticket = db.session.scalar(select(Delivery.ticket_id).order_by(Delivery.id.desc()).limit(1))
    db.session.commit()
    lines = []
    for path in (f"/tickets/{ticket}", "/deliveries"):
        with _statements() as heard:
            client.get(path)
        for statement, parameters in heard:
            if re.search(r"\b(delivery|attempt)\b", statement):
                lines += [
                    f"{path}: {_short(statement)}",
                    *(f"    {line}" for line in _explain(statement, parameters)),
                ]
    return lines


def _page(client: FlaskClient, path: str) -> float:
    def look() -> float:
        begun = time.perf_counter()
        if (status := client.get(path).status_code) != _PAGE:
            raise RuntimeError(f"{path} answered HTTP {status}")
        return (time.perf_counter() - begun) * 1000

    look()
    return statistics.median(look() for _ in range(_LOOKS))


@contextmanager
def _statements() -> Iterator[list[tuple[str, Any]]]:
    heard: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        heard.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)


def _explain(statement: str, parameters: Any) -> list[str]:
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect().execution_options(reads=True) as connection:
        rows = connection.exec_driver_sql(
            ("EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN ") + statement, parameters
        ).all()
    take: Callable[[Any], str] = (lambda row: str(row[3])) if sqlite else (lambda row: str(row[0]))
    return [take(row) for row in rows]


def _short(statement: str) -> str:
    text = " ".join(statement.split())
    text = re.sub(r"^SELECT .*? FROM", "SELECT … FROM", text)
    return text if len(text) <= 200 else text[:200] + " …"
