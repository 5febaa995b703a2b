"""Monitoring: /healthz, /readyz and /metrics."""

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal import clock, create_app
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import heartbeat, outbox
from portal.models import Callout, Delivery
from portal.queries.readiness import Look
from portal.settings import Settings
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout
from tests.servers import wait_until
from tests.web.delivering import complete


@pytest.fixture
def worker(app: Flask) -> None:
    heartbeat.beat(services().doorbell.redis, ["host:1:abc", "host:2:def"], 60)


def late(session, seconds: int) -> None:
    session.execute(update(Delivery).values(due_at=int(clock.now().timestamp()) - seconds))
    session.commit()


def told(client: FlaskClient, status: int) -> dict[str, dict]:
    answer = client.get("/readyz")
    assert answer.status_code == status, answer.text
    assert answer.json["ready"] is (status == 200)
    return answer.json["checks"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_when_all_is_well_it_is_ready_and_says_what_it_found(client, worker):
    assert told(client, 200) == {
        "database": {"ok": True, "text": "The database answers."},
        "redis": {"ok": True, "text": "Redis answers."},
        "workers": {"ok": True, "text": "2 worker processes are alive.", "alive": 2},
        "deliveries": {"ok": True, "text": "What is due is sent at once.", "oldest_due_seconds": 0},
    }


def test_without_a_worker_it_is_not_ready_and_says_what_to_start(client, app):
    found = told(client, 503)
    assert found["workers"]["ok"] is False
    assert found["workers"]["alive"] == 0
    assert "worker.py" in found["workers"]["text"]
    assert found["database"]["ok"]
    assert client.get("/healthz").status_code == 200


def test_a_worker_that_is_silent_for_too_long_counts_as_dead(client, app):
    heartbeat.beat(services().doorbell.redis, ["host:1:abc"], 60)
    heartbeat.beat(services().doorbell.redis, ["host:2:def"], 0)
    assert told(client, 200)["workers"]["text"] == "1 worker process is alive."
    heartbeat.leave(services().doorbell.redis, ["host:1:abc"])
    assert told(client, 503)["workers"]["alive"] == 0


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_what_is_overdue_while_nobody_sends_makes_it_not_ready(
    client, session, company, callout, receiver, worker
):
    complete(session, make_ticket(session, company))
    late(session, 45)
    assert told(client, 200)["deliveries"]["oldest_due_seconds"] >= 45
    late(session, 90)
    found = told(client, 503)["deliveries"]
    assert not found["ok"]
    assert found["text"].startswith("Nothing is being sent, and the oldest delivery has been due for 9")
    # somebody works on another: it is only behind
    complete(session, make_ticket(session, company))
    lease = {"now": int(clock.now().timestamp()), "lease_seconds": 15}
    second = make_callout(session, receiver.url)
    session.execute(update(Delivery).filter_by(state="waiting").values(callout_id=callout.id))
    newest = session.query(Delivery).order_by(Delivery.id.desc()).first()
    newest.callout_id = second.id
    session.commit()
    assert outbox.claim(session(), second.id, 1, "alive", **lease)
    session.commit()
    found = told(client, 200)["deliveries"]
    assert found["text"].startswith("Sending is behind")


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_what_cannot_be_claimed_is_not_overdue(client, session, ticket, callout, receiver, worker, subtests):
    complete(session, ticket)
    claimable = {"active": True, "paused": False, "failing_since": None}
    for values in ({"active": False}, {"paused": True}, {"failing_since": clock.now()}):
        with subtests.test(values=values):
            session.execute(update(Callout).values(claimable | values))
            late(session, 600)
            assert told(client, 200)["deliveries"]["oldest_due_seconds"] == 0


def test_what_waits_for_an_earlier_one_of_its_ticket_is_not_overdue(
    client, session, ticket, callout, receiver, worker
):
    first = complete(session, ticket, 8)
    complete(session, ticket, 5)
    late(session, 600)
    in_an_hour = int(clock.now().timestamp()) + 3600
    session.execute(update(Delivery).filter_by(id=first).values(due_at=in_an_hour))
    session.commit()
    assert told(client, 200)["deliveries"]["oldest_due_seconds"] == 0


def test_while_redis_is_away_it_is_not_ready_and_says_that_nothing_is_lost(client, worker, valkey):
    valkey.stop()
    try:
        found = told(client, 503)
    finally:
        valkey.start()
    assert not found["redis"]["ok"]
    assert "Nothing is lost" in found["redis"]["text"]
    assert found["workers"]["text"] == "Unknown while Redis does not answer."
    assert found["database"]["ok"]


def test_without_its_database_it_says_so_and_nothing_of_where_it_is(environ):
    environ["DATABASE_URL"] = "postgresql://portal:hidden@127.0.0.1:1/portal"
    app = create_app(Settings.from_env(environ))
    with app.app_context():
        answer = app.test_client().get("/readyz")
        db.engine.dispose()
    assert answer.status_code == 503
    found = answer.json["checks"]
    assert found["database"] == {"ok": False, "text": "The database does not answer."}
    assert found["deliveries"]["text"] == "Unknown while the database does not answer."
    for secret in ("hidden", "127.0.0.1", "portal@"):
        assert secret not in answer.text


def test_a_database_that_hangs_takes_one_thread_and_no_more_than_the_limit():
    let_go = threading.Event()
    started: list[int] = []
    look: Look[int] = Look()

    def hang() -> int:
        started.append(1)
        let_go.wait(60)
        return 7

    assert [look.at(hang, 0.01) for _ in range(3)] == [None] * 3
    assert len(started) == 1
    let_go.set()
    wait_until(lambda: look.at(hang, 1) == 7, what="the one that hung has ended, and the next one too")
