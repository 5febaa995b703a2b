"""Many worker.py on one PostgreSQL and one Valkey, as on many machines: docs/scaling.md is about this."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.clock import now
from portal.core.actors import Context
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import heartbeat
from portal.desk.ticket_work import complete_ticket
from portal.models import Attempt, Delivery
from tests.conftest import TECHNICIAN, make_ticket
from tests.delivery.conftest import make_callout
from tests.processes.ledger import delivered, ids
from tests.processes.running import Program, parent_of, processes_of
from tests.receiver import Answer, Receiver
from tests.redis_servers import PASSWORD, Watched, behind_tls, tcp_valkey, watched
from tests.servers import wait_until

pytestmark = pytest.mark.processes
Start = Callable[..., Program]
QUICK = {"PORTAL_LEASE_SECONDS": "3", "PORTAL_SWEEP_SECONDS": "1", "PORTAL_RESEND_SECONDS": "1"}


@pytest.fixture
def redis_url() -> Iterator[str]:
    """Where Redis is: by TCP with a password, unless a test asks for another way."""
    with tcp_valkey() as server:
        yield server.url


@pytest.fixture
def environ(environ: dict[str, str], redis_url: str) -> dict[str, str]:
    return environ | QUICK | {"REDIS_URL": redis_url}


def complete(ticket_id: int) -> None:
    complete_ticket(db.session(), Context(TECHNICIAN, now(), "DEV3.COM"), ticket_id)
    db.session.commit()


def complete_all(app: Flask, tickets: list[int]) -> None:
    def one(ticket_id: int) -> None:
        with app.app_context():
            complete(ticket_id)
            db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, tickets))


def alive() -> int:
    return heartbeat.alive(services().doorbell.redis)


def all_of(program: Program, instance: Path) -> list[int]:
    """Give a worker.py's processes: itself, its pool, and the workers and schedulers under it."""
    found = {program.process.pid}
    parents = {pid: parent_of(pid) for pid in processes_of(instance)}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found)


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_three_worker_machines_of_which_one_dies_close_the_ledger(
    session, company, app: Flask, receiver: Receiver, start_worker: Start, environ
):
    count = 400
    flaky = [Answer(503), Answer(200, delay=0.05), Answer(200, delay=0.05)]
    receiver.answers = [*flaky * 100, Answer(200, delay=0.02)]
    make_callout(session, receiver.url)
    make_callout(session, receiver.url, data_format="xml_rpc", method_name="do")
    tickets = [make_ticket(session, company).id for _ in range(count // 2)]
    session.commit()
    workers = [start_worker(PORTAL_WORKERS="2") for _ in range(3)]
    wait_until(lambda: alive() == 6, what="three times two workers live")
    assert app.test_client().get("/readyz").json["checks"]["workers"]["alive"] == 6
    complete_all(app, tickets)
    wait_until(lambda: len(receiver.got) > count // 4, what="they are in the middle of it")
    for pid in all_of(workers[1], Path(environ["PORTAL_INSTANCE"])):
        os.kill(pid, signal.SIGKILL)
    delivered(count)
    with Session(db.engine) as fresh:
        rows = {each.uid: each for each in fresh.scalars(select(Delivery))}
        kinds = Counter(
            dict(fresh.execute(select(Attempt.error_kind, func.count()).group_by("error_kind")).all())
        )
    journal = ids(receiver)
    assert set(journal) == set(rows)
    assert len(rows) == count
    # each delivered once, whatever was tried before; only the killed one's requests have no record of their end
    assert kinds[""] == count
    assert kinds.total() == sum(each.attempt_count for each in rows.values())
    assert set(kinds) <= {"", "http", "lost"}
    assert kinds.total() - kinds["lost"] <= len(receiver.got) <= kinds.total()
    wait_until(lambda: alive() == 4, what="the dead are no longer counted")
    for worker in (workers[0], workers[2]):
        assert worker.process.poll() is None
        assert "Traceback" not in worker.output
        assert PASSWORD not in worker.output
        assert "drained" in worker.output


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_workers_are_restarted_one_after_the_other_without_a_pause_or_a_repeat(
    session, company, app: Flask, receiver: Receiver, start_worker: Start
):
    receiver.answers = [Answer(200, delay=0.02)]
    make_callout(session, receiver.url)
    tickets = [make_ticket(session, company).id for _ in range(300)]
    session.commit()
    # a lease that would outlast the test: no pause of a busy machine looks like a death
    one = {"PORTAL_WORKERS": "1", "PORTAL_LEASE_SECONDS": "600"}
    old = [start_worker(**one) for _ in range(2)]
    wait_until(lambda: alive() == 2, what="both live")
    begun = ThreadPoolExecutor(1)
    work = begun.submit(complete_all, app, tickets)
    for worker in old:
        wait_until(lambda: receiver.got, what="work is under way")
        start_worker(**one)
        wait_until(lambda: alive() == 3, what="the new one lives")
        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
        # a worker that was stopped takes its leave
        wait_until(lambda: alive() == 2, what="the old one is gone")
    work.result()
    begun.shutdown()
    delivered(300)
    assert set(ids(receiver).values()) == {1}


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_worker_process_holds_no_more_connections_to_the_database_than_the_docs_say(
    session, company, app: Flask, receiver: Receiver, start_worker: Start, environ
):
    receiver.answers = [Answer(200, delay=0.01)]
    make_callout(session, receiver.url)
    tickets = [make_ticket(session, company).id for _ in range(200)]
    session.commit()
    start_worker(PORTAL_WORKERS="2", PGAPPNAME="counted")
    wait_until(lambda: alive() == 2, what="both live")
    most = 0
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'"
    with psycopg.connect(environ["DATABASE_URL"], autocommit=True) as connection:
        with ThreadPoolExecutor(1) as beside:
            work = beside.submit(complete_all, app, tickets)
            while not work.done() or len(receiver.got) < len(tickets):
                row = connection.execute(query).fetchone()
                most = max(most, row[0] if row else 0)
        delivered(len(tickets))
    # one for each worker process, and one for the sweep
    assert 1 <= most <= 2 + 1


class TestTls:
    @pytest.fixture
    def redis_url(self, tmp_path: Path) -> Iterator[str]:
        with tcp_valkey() as server, behind_tls(server, tmp_path) as url:
            yield url

    def test_redis_is_reached_by_tls(self, session, company, receiver, start_worker, app):
        make_callout(session, receiver.url)
        worker = start_worker(PORTAL_WORKERS="1", PORTAL_SWEEP_SECONDS="20")
        wait_until(lambda: alive() == 1, what="it lives")
        complete(make_ticket(session, company).id)
        delivered(1)
        assert app.test_client().get("/readyz").status_code == 200
        assert "bell_failed" not in worker.output


class TestSentinel:
    @pytest.fixture
    def servers(self) -> Iterator[Watched]:
        with watched() as servers:
            yield servers

    @pytest.fixture
    def redis_url(self, servers: Watched) -> str:
        return servers.url

    def test_after_a_fail_over_everything_goes_on_with_the_new_master(
        self, session, company, receiver, start_worker, app, servers: Watched
    ):
        make_callout(session, receiver.url)
        worker = start_worker(PORTAL_WORKERS="1")
        wait_until(lambda: alive() == 1, what="it lives")
        complete(make_ticket(session, company).id)
        delivered(1)
        servers.master.kill()
        wait_until(servers.replica.leads, what="the replica leads")
        complete(make_ticket(session, company).id)
        delivered(2)
        wait_until(lambda: app.test_client().get("/readyz").status_code == 200, what="all is well again")
        complete(make_ticket(session, company).id)
        delivered(3)
        assert services().doorbell.ring()
        assert worker.process.poll() is None
        assert PASSWORD not in worker.output
