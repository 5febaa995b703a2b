"""Clients that take their time keep nobody else waiting, with no proxy in front: the portal's server and the mock's."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.processes.running import PORTAL, Program, environment, http
from tests.servers import free_port, stop, wait_until

pytestmark = pytest.mark.processes
# more of each kind than either server has threads
MANY = 70
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\n"


class Server:
    def __init__(self, port: int, big_page: str) -> None:
        self.port, self.big_page = port, big_page
        self.session = http()

    def healthz(self) -> int:
        return self.session.get(f"http://127.0.0.1:{self.port}/healthz", timeout=30).status_code

    def up(self) -> bool:
        try:
            return self.healthz() == 200
        except requests.RequestException:
            return False

    def connect(self, first: bytes = b"", room: int | None = None) -> socket.socket:
        client = socket.socket()
        if room:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.connect(("127.0.0.1", self.port))
        client.sendall(first)
        return client


@pytest.fixture(params=["portal", "mock RMM"])
def server(
    request: pytest.FixtureRequest, environ: dict[str, str], tmp_path: Path
) -> Iterator[Callable[..., Server]]:
    """Start the portal's server or the mock's, with four threads and so many seconds for a request."""
    port = str(free_port())
    if request.param == "portal":
        command, prefix, page = [PORTAL, "serve"], "PORTAL", "/static/portal.css"
        environ["PORTAL_WEB_THREADS"] = "4"
    else:
        command, prefix, page = [sys.executable, "-m", "mock_rmm"], "MOCK_RMM", "/static/mock.css"
        environ["MOCK_RMM_THREADS"] = "4"
    environ[f"{prefix}_PORT"] = port
    with ExitStack() as cleaning:

        def start(seconds: int) -> Server:
            environ[f"{prefix}_REQUEST_SECONDS"] = str(seconds)
            program = Program(command, environment(tmp_path, **environ), tmp_path / "server.log")
            cleaning.callback(lambda: sys.stdout.write(program.output))
            cleaning.callback(stop, program.process)
            running = Server(int(port), page)
            cleaning.callback(running.session.close)
            wait_until(running.up, what="it answers")
            return running

        yield start


def test_slow_clients_keep_nobody_else_waiting(server: Callable[..., Server]):
    running = server(seconds=600)
    page = f"GET {running.big_page} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    drip = HEAD + b"X-Slow: "
    slow = [
        *(running.connect() for _ in range(MANY)),
        *(running.connect(POST + b"Content-Length: 1000\r\n\r\n") for _ in range(MANY)),
        *(running.connect(POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n") for _ in range(MANY)),
        *(running.connect(page * 20, room=2048) for _ in range(MANY)),
    ]
    dripping = [running.connect(drip) for _ in range(MANY)]
    try:
        for _ in range(5):
            assert running.healthz() == 200
            for each in dripping:
                each.sendall(b"a")
        # more than it keeps at once: the oldest are let go, and whoever is not slow is served
        slow += [running.connect(drip) for _ in range(300)]
        assert running.healthz() == 200
        # and a slow one that comes to its end is answered
        slow[-1].sendall(b"a\r\n\r\n")
        assert slow[-1].recv(100).startswith(b"HTTP/1.1 200 ")
    finally:
        for each in [*slow, *dripping]:
            each.close()


LATE = [
    (b"", b""),
    (HEAD, b"HTTP/1.1 408 "),
    (POST + b"Content-Length: 9\r\n\r\nhalf", b"HTTP/1.1 408 "),
    (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", b"HTTP/1.1 408 "),
    (
        POST + b"Content-Length: 9\r\nExpect: 100-continue\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 ",
    ),
]


def test_who_is_late_is_told_or_cut(server: Callable[..., Server]):
    running = server(seconds=1)
    for sent, answer in LATE:
        with running.connect(sent) as client:
            got = told(client)
            assert got.startswith(answer), sent
            assert bool(got) == bool(answer), sent


def told(client: socket.socket) -> bytes:
    client.settimeout(60)
    return b"".join(iter(lambda: client.recv(4096), b""))


WHOLE = [
    HEAD + b"\r\n",
    POST + b"Content-Length: 4\r\n\r\na=%0",
    POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\na=b",
    POST + b"Transfer-Encoding: chunked\r\n\r\n3;ext=1\r\na=b\r\n0\r\nTrailer: 1\r\n\r\n",
]
WRONG = [
    POST + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    POST + b"Content-Length: nine\r\n\r\n",
    b"GET /" + b"a" * 2_000_000,
]


def test_requests_that_come_byte_by_byte_or_many_at_once_are_answered_one_by_one(
    server: Callable[..., Server],
):
    running = server(seconds=600)
    for request in WHOLE:
        with running.connect() as client:
            for at in range(len(request)):
                client.sendall(request[at : at + 1])
            assert b"HTTP/1.1 " in client.recv(4096)
    with running.connect(b"".join(WHOLE)) as client:
        got = b""
        while got.count(b"HTTP/1.1 ") < 4:
            got += client.recv(65536)
    for request in WRONG:
        with running.connect(request) as client:
            assert told(client).startswith(b"HTTP/1.1 4")
