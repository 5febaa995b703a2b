"""Sending, against real sockets: bounded in time and size, and each trouble in the portal's class."""

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mock_rmm.sending import http
from mock_rmm.sending.http import MOST_BYTES, tls_context
from mock_rmm.sending.outcome import Answered, NoAnswer
from mock_rmm.sending.request import Request
from portal.core.addresses import LOOPBACK, Allowed
from portal.http.client import Client, Limits
from tests.certificates import self_signed
from tests.delivery.test_http import dribble, raw_server, serve_tls
from tests.receiver import Answer, Receiver, reset
from tests.servers import wait_until

HEADERS = {"Content-Type": "text/plain"}
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


def send(url: str, *, seconds: float = 30, insecure: bool = False, body: bytes = b"x") -> Answered | NoAnswer:
    request = Request("POST", url, (), body)
    return http.send(request, HEADERS, seconds=seconds, context=tls_context(insecure=insecure))


def portal_kind(url: str, seconds: float = 30) -> str:
    client = Client(Limits(min(seconds, 5), seconds, Allowed(LOOPBACK)), connections=1)
    outcome = client.send(Request("POST", url, (), b"x"), HEADERS)
    client.close()
    return getattr(outcome, "kind", "answered")


def secure(url: str) -> str:
    return url.replace("http:", "https:")


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


BROKEN = {
    "reset": (reset, "reset"),
    "empty reply": (lambda connection: connection.close(), "reset"),
    "garbage": (saying(b"not http at all\r\n\r\n"), "protocol"),
    "truncated": (saying(OK + b"Content-Length: 99\r\n\r\nshort"), "protocol"),
    "a chunk that isn't one": (saying(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"), "protocol"),
    "a chunk that is cut off": (saying(OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\nshort"), "protocol"),
    "a header without end": (saying(OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n"), "protocol"),
    "too many headers": (saying(OK + b"X: 1\r\n" * 200 + b"\r\n"), "protocol"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_every_broken_answer_has_the_portal_s_class_and_a_sentence(receiver: Receiver, broken: str):
    act, kind = BROKEN[broken]
    receiver.answers = [Answer(act=act)]
    outcome = send(receiver.url)
    assert isinstance(outcome, NoAnswer)
    assert outcome.kind == kind == portal_kind(receiver.url)
    assert outcome.sentence.endswith(".")


@pytest.mark.parametrize(
    ("url", "kind"), [("http://127.0.0.1:9/", "connect"), ("http://no-such-host.invalid/", "dns")]
)
def test_nobody_there_has_the_portal_s_class_and_names_the_host(url: str, kind: str):
    outcome = send(url)
    assert isinstance(outcome, NoAnswer)
    assert outcome.kind == kind == portal_kind(url)
    assert url.split("/")[2] in outcome.sentence


def stall(head: bytes) -> Callable[[socket.socket], None]:
    """Begin to answer, and say nothing more until the other side has gone."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while connection.recv(65536):
            pass

    return serve


SLOW = {
    "headers that dribble": dribble(OK, b"X-Drop: 1\r\n"),
    "one header that dribbles": dribble(OK + b"X-Long: ", b"x"),
    "a body that dribbles": dribble(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunks that dribble": dribble(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "silence": stall(b""),
    "silence within the body": stall(OK + b"Content-Length: 100000\r\n\r\nx"),
}


@pytest.mark.parametrize("slow", SLOW)
def test_a_slow_receiver_is_left_when_the_time_is_up_and_its_thread_ends(slow: str):
    before = set(threading.enumerate())
    with raw_server(SLOW[slow]) as url:
        serving = set(threading.enumerate()) - before
        # without the deadline this would never end
        outcome = send(url, seconds=0.3)
        assert isinstance(outcome, NoAnswer)
        assert outcome.kind == "timeout"
        assert outcome.sentence == "No whole answer came within 0.3 s."
        wait_until(lambda: set(threading.enumerate()) - before <= serving)


def test_a_receiver_that_stalls_its_tls_is_left_too():
    with raw_server(stall(b"\x16\x03\x03")) as url:
        outcome = send(secure(url), seconds=0.3)
    assert isinstance(outcome, NoAnswer)
    assert outcome.kind == "timeout"


def test_a_receiver_that_dribbles_its_tls_is_left_and_the_thread_ends():
    before = set(threading.enumerate())
    # A record of 16 KiB that takes longer than anybody waits
    with raw_server(dribble(b"\x16\x03\x03\x40\x00", b"\x02")) as url:
        serving = set(threading.enumerate()) - before
        outcome = send(secure(url), seconds=0.3)
        assert isinstance(outcome, NoAnswer)
        assert outcome.kind == "timeout"
        wait_until(lambda: set(threading.enumerate()) - before <= serving)


class LateLookUp:
    """Holds a look-up until it is let go, and then finds these addresses."""

    def __init__(self, *urls: str) -> None:
        self.ports = [urlsplit(url).port for url in urls]
        self.let_go = threading.Event()

    def __call__(self, *_args: object, **_keywords: object) -> list[tuple]:
        assert self.let_go.wait(60)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in self.ports]


def test_nothing_is_sent_after_the_time_is_up_however_late_the_name_is_found(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    before = set(threading.enumerate())
    late = LateLookUp("http://127.0.0.1:9/", receiver.url)
    monkeypatch.setattr(socket, "getaddrinfo", late)
    outcome = send("http://rmm.example/", seconds=0.1)
    assert isinstance(outcome, NoAnswer)
    assert outcome.kind == "timeout"
    late.let_go.set()
    wait_until(lambda: set(threading.enumerate()) <= before)
    assert receiver.got == []


def full() -> Iterator[tuple[str, int]]:
    """An address that takes no further connection, and answers nothing to who tries."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, contextlib.ExitStack() as kept:
        for _ in range(4):
            each = kept.enter_context(socket.socket())
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()


def test_a_second_address_is_not_tried_after_the_time_is_up(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    with contextlib.contextmanager(full)() as (_, port):
        before = set(threading.enumerate())
        found = LateLookUp(f"http://127.0.0.1:{port}/", receiver.url)
        found.let_go.set()
        monkeypatch.setattr(socket, "getaddrinfo", found)
        outcome = send("http://rmm.example/", seconds=0.3)
        assert isinstance(outcome, NoAnswer)
        assert outcome.kind == "timeout"
        wait_until(lambda: set(threading.enumerate()) <= before)
    assert receiver.got == []


def test_the_next_address_is_tried_if_one_takes_no_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
):
    found = LateLookUp("http://127.0.0.1:9/", receiver.url)
    found.let_go.set()
    monkeypatch.setattr(socket, "getaddrinfo", found)
    assert isinstance(send("http://rmm.example/"), Answered)


def test_at_most_64_kib_of_an_answer_are_kept(receiver: Receiver):
    receiver.answers = [
        Answer(body=b"x" * (MOST_BYTES + 1)),
        Answer(body=b"y" * MOST_BYTES),
        Answer(body=b""),
    ]
    outcomes = [send(receiver.url) for _ in range(3)]
    assert [(len(each.body), each.more) for each in outcomes] == [
        (MOST_BYTES, True),
        (MOST_BYTES, False),
        (0, False),
    ]


def test_the_bound_counts_after_decompression(receiver: Receiver):
    bomb = gzip.compress(b"0" * 50_000_000)
    receiver.answers = [Answer(body=bomb, headers={"Content-Encoding": "gzip"})]
    outcome = send(receiver.url)
    assert isinstance(outcome, Answered)
    assert (len(outcome.body), outcome.more) == (MOST_BYTES, True)


def test_a_redirect_is_given_back_and_not_followed(receiver: Receiver):
    receiver.answers = [Answer(307, headers={"Location": receiver.url})]
    outcome = send(receiver.url)
    assert isinstance(outcome, Answered)
    assert (outcome.status, outcome.header("location")) == (307, receiver.url)
    assert len(receiver.got) == 1


def test_an_answer_counts_that_comes_before_the_request_was_read():
    def refuse(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with raw_server(refuse) as url:
        outcome = send(url, body=b"x" * 5_000_000)
    assert isinstance(outcome, Answered)
    assert outcome.status == 413


def test_proxies_and_passwords_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert isinstance(send(receiver.url), Answered)
    assert "Authorization" not in receiver.got[0].headers


def test_a_certificate_that_nobody_vouches_for_is_refused_unless_one_insists(certificate: Path):
    with raw_server(serve_tls(certificate)) as url:
        refused, accepted = send(secure(url)), send(secure(url), insecure=True)
        assert isinstance(refused, NoAnswer)
        assert refused.kind == "tls" == portal_kind(secure(url))
        assert "certificate" in refused.sentence
        assert isinstance(accepted, Answered)


def test_a_certificate_of_a_known_authority_is_accepted(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with raw_server(serve_tls(certificate)) as url:
        assert isinstance(send(secure(url)), Answered)
