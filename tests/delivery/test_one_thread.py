"""A receiver with one thread serves one connection for as long as it is open: it is not held, and not flooded."""

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from sqlalchemy import func, select

from portal.core.addresses import LOOPBACK, Allowed
from portal.core.wire import Request
from portal.delivery.concurrency import Windows
from portal.http.client import Client, Limits
from portal.models import Attempt, Delivery
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change
from tests.receiver import Answer
from tests.servers import wait_until

pytestmark = pytest.mark.slow


class OneThread:
    """``journal`` has what happened, in order: (connection, "opened"), its requests as they came, (…, "closed")."""

    def __init__(self) -> None:
        self.journal: list[tuple[int, str]] = []
        self.ids: list[str | None] = []
        self.closing = threading.Event()
        self.takes = 0.0
        ended = threading.Event()
        one = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.number = sum(what == "opened" for _, what in one.journal)
                one.journal.append((self.number, "opened"))

            def finish(self) -> None:
                super().finish()
                one.journal.append((self.number, "closed"))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                one.journal.append((self.number, self.path))
                one.ids.append(self.headers.get("webhook-id"))
                if self.headers.get("Connection") == "close":
                    one.closing.set()
                ended.wait(one.takes)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *args: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._ended = ended
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/portal"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join(30)
        self._server.server_close()


@pytest.fixture
def one_thread() -> Iterator[OneThread]:
    each = OneThread()
    yield each
    each.close()


@pytest.fixture
def client(one_thread) -> Iterator[Client]:
    each = Client(Limits(30, 60, Allowed(LOOPBACK)), connections=8)
    yield each
    each.close()


def somebody_else(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=25)
    connection.request("POST", "/other", b"x")
    assert connection.getresponse().read() == b"ok"
    connection.close()


def test_somebody_else_is_answered_between_the_portals_deliveries(session, company, one_thread, drain):
    make_callout(session, one_thread.url)
    for _ in range(5):
        change(session, make_ticket(session, company), 5)
        assert drain() == 1
        somebody_else(one_thread.port)
    each = ["opened", "/portal", "closed", "opened", "/other", "closed"]
    wait_until(lambda: one_thread.journal[-1][1] == "closed", what="the last one is let go")
    assert [what for _, what in one_thread.journal] == each * 5
    assert len(set(one_thread.ids) - {None}) == 5


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_fifty_due_at_once_arrive_once_and_none_runs_into_its_time_out(
    session, company, one_thread, start_drain
):
    """From two workers, which know nothing of each other's connections, and for two callouts."""
    one_thread.takes = 0.05
    make_callout(session, one_thread.url)
    make_callout(session, f"{one_thread.url}/other")
    for _ in range(25):
        change(session, make_ticket(session, company), 5)
    for each in [start_drain(), start_drain()]:
        each.join(60)
    session.rollback()
    ended = select(func.count()).where(Delivery.state == "delivered")
    while session.scalar(ended) < 50:
        session.rollback()
        start_drain().join(60)
    assert session.execute(select(Attempt.number, Attempt.error_kind)).all() == [(1, "")] * 50
    assert set(Counter(one_thread.ids).values()) == {1}
    assert len(one_thread.ids) == 50


def all_at_once(client: Client, url: str, threads: int, enough: threading.Event) -> None:
    """Send from several threads until it is enough."""

    def work() -> None:
        while not enough.is_set():
            answers.append(client.send(Request("POST", url, (), b"x"), {}))

    answers: list[object] = []
    running = [threading.Thread(target=work) for _ in range(threads)]
    for each in running:
        each.start()
    assert enough.wait(60)
    for each in running:
        each.join(60)
    assert {each.status for each in answers} == {200}


def test_a_receiver_where_connections_wait_for_each_other_gets_one_that_is_closed_each_time(
    one_thread, client
):
    one_thread.takes = 0.01
    all_at_once(client, one_thread.url, 2, one_thread.closing)
    place, connections = client.connection_limit(f"{one_thread.url}/of-another-callout")
    assert connections == 1
    windows = Windows(64)
    for callout in (1, 2):
        windows.know(callout, place, connections)
    assert windows.room(1, 0.0) == 1
    windows.begin(1, "delivery", 0.0)
    assert (windows.room(1, 0.0), windows.room(2, 0.0)) == (0, 0)


def test_a_receiver_that_takes_long_on_every_connection_gets_more_of_them(receiver, client):
    receiver.answers = [Answer(delay=1.5)]
    enough = threading.Event()
    beside = threading.Thread(target=all_at_once, args=(client, receiver.url, 4, enough))
    beside.start()
    wait_until(lambda: len(receiver.got) > 12, what="each has sent several")
    enough.set()
    beside.join(60)
    assert client.connection_limit(receiver.url)[1] >= 8
    assert all("Connection" not in got.headers for got in receiver.got)
