"""The HTTP client, against real sockets: bounded in time and size, and connecting only where it may."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from portal.core.addresses import LOOPBACK, Allowed, parse_networks
from portal.core.verdicts import Answered, Refused, Unreachable
from portal.core.wire import Request
from portal.http import pool
from portal.http.client import MAX_ANSWER, Client, Limits
from tests.certificates import self_signed, server_context
from tests.receiver import Answer, Receiver, listening, reset

OPEN = Allowed(LOOPBACK)


def client(total: float = 30, connect: float = 30, allowed: Allowed = OPEN, proxy: str = "") -> Client:
    return Client(Limits(connect, total, allowed, proxy), connections=4)


def send(url: str, each: Client | None = None, body: bytes = b"x"):
    return (each or client()).send(Request("POST", url, (), body), {"Content-Type": "text/plain"})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as each:
        yield each


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection whatever ``serve`` does."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()
    served: list[socket.socket] = []

    def accept() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                served.append(connection)
                serve(connection)

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        ended.set()
        for connection in served:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def dribble(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.05)

    return serve


def test_a_dribbling_server_cannot_hold_a_thread_beyond_the_time_for_the_whole_answer(subtests):
    for head, drop in [
        (b"HTTP/1.1 200 OK\r\n", b"X-Drop: 1\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b""),
    ]:
        with subtests.test(head=head, drop=drop):
            with raw_server(dribble(head, drop)) as url:
                # without the deadline this would never end
                outcome = send(url, client(total=0.6))
            assert isinstance(outcome, Unreachable)
            assert outcome.kind in {"timeout", "protocol"}, "100 headers are refused sooner"


def test_at_most_64_kib_of_an_answer_are_read(receiver):
    receiver.answers = [Answer(200, b"x" * (MAX_ANSWER + 1)), Answer(200, b"y" * MAX_ANSWER), Answer()]
    each = client()
    outcomes = [send(receiver.url, each) for _ in range(3)]
    assert [(len(each.body), each.more) for each in outcomes] == [
        (MAX_ANSWER, True),
        (MAX_ANSWER, False),
        (2, False),
    ]


def test_the_cap_counts_after_decompression(receiver):
    bomb = gzip.compress(b"0" * 50_000_000)
    receiver.answers = [Answer(200, bomb, {"Content-Encoding": "gzip"})]
    outcome = send(receiver.url)
    assert isinstance(outcome, Answered)
    assert (len(outcome.body), outcome.more) == (MAX_ANSWER, True)


def test_connections_are_kept_and_one_that_was_closed_meanwhile_is_made_anew(receiver):
    each = client()
    assert [send(receiver.url, each).status for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(("most_idle", "made"), [(60.0, 1), (0.0, 3)])
def test_a_connection_is_used_again_unless_it_was_idle_for_too_long(most_idle, made, monkeypatch):
    """A receiver that closes an idle connection just when a request is on its way would lose that request."""
    monkeypatch.setattr(pool, "_MAX_IDLE", most_idle)
    accepted = []

    def serve(connection: socket.socket) -> None:
        accepted.append(connection)
        with connection.makefile("rwb") as stream:
            while line := stream.readline():
                if line == b"\r\n":
                    stream.read(len(b"x"))
                    stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    stream.flush()

    each = client()
    with raw_server(serve) as url:
        assert [send(url, each).status for _ in range(3)] == [200, 200, 200]
        each.close()
    assert len(accepted) == made


def test_a_redirect_is_given_back_and_not_followed(receiver):
    receiver.answers = [Answer(307, headers={"Location": receiver.url})]
    assert send(receiver.url).status == 307
    assert len(receiver.got) == 1


def test_every_kind_of_broken_answer_has_its_class(subtests, receiver):
    for act, kind in [
        (reset, "reset"),
        (lambda connection: connection.close(), "reset"),
        (lambda connection: connection.sendall(b"not http at all\r\n\r\n"), "protocol"),
        (
            lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"),
            "protocol",
        ),
    ]:
        with subtests.test(act=act, kind=kind):
            receiver.answers = [Answer(act=act)]
            outcome = send(receiver.url)
            assert isinstance(outcome, Unreachable)
            assert outcome.kind == kind
            assert outcome.text.endswith(".")


def answering(answer: bytes) -> Callable[[socket.socket], None]:
    def serve(connection: socket.socket) -> None:
        got = b""
        while not got.endswith(b"x"):
            got += connection.recv(65536)
        connection.sendall(answer)

    return serve


def test_what_old_and_odd_receivers_answer_is_read(subtests):
    for answer, status, body in [
        (b"HTTP/1.1 200 OK\r\n\r\nuntil it hangs up", 200, b"until it hangs up"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (
            b"HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok",
            201,
            b"ok",
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\nT: t\r\n\r\n",
            200,
            b"ok",
        ),
        (
            b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok",
            200,
            b"ok",
        ),
        (b"HTTP/1.1 200\r\nContent-Length: 2\r\nX: a\r\n b\r\n\r\nok and what nobody asked for", 200, b"ok"),
    ]:
        with subtests.test(answer=answer, status=status, body=body):
            with raw_server(answering(answer)) as url:
                outcome = send(url)
            assert isinstance(outcome, Answered), outcome
            assert (outcome.status, outcome.body) == (status, body)
            assert "X" not in dict(outcome.headers) or status == 200, (
                "an interim answer's headers are not the final one's"
            )


def test_an_answer_that_is_not_whole_or_not_http_is_told(subtests):
    for answer, said in [
        (b"HTTP/1.1 200 O", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "broke off"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "broke off"),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
            "switches protocols",
        ),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n", "longer than 64 KiB"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 101 + b"\r\n", "more than 100 headers"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not HTTP"),
    ]:
        with subtests.test(answer=answer, said=said):
            with raw_server(answering(answer)) as url:
                outcome = send(url)
            assert isinstance(outcome, Unreachable)
            assert outcome.kind == "protocol"
            assert said in outcome.text


def test_a_connection_whose_answers_come_in_pieces_is_kept_too():
    """Many servers send head and body one after the other."""
    accepted = []

    def serve(connection: socket.socket) -> None:
        accepted.append(connection)
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
            time.sleep(0.02)  # so that they are two pieces to whoever reads
            connection.sendall(b"ngth: 2\r\n\r\n")
            time.sleep(0.02)
            connection.sendall(b"ok")

    each = client()
    with raw_server(serve) as url:
        assert [send(url, each).status for _ in range(3)] == [200, 200, 200]
        each.close()
    assert len(accepted) == 1


def test_an_answer_counts_though_the_receiver_did_not_read_the_whole_request():
    def serve(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass

    with raw_server(serve) as url:
        assert send(url, body=b"x" * 8_000_000).status == 413


def test_a_connection_with_something_unasked_in_it_is_not_used_again():
    """It would be taken for the answer to the next request."""
    accepted = []

    def serve(connection: socket.socket) -> None:
        accepted.append(connection)
        answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Not yours\r\n\r\n")(connection)
        connection.recv(1)

    each = client()
    with raw_server(serve) as url:
        assert [send(url, each).status for _ in range(3)] == [200, 200, 200]
        each.close()
    assert len(accepted) == 3


def test_head_and_body_leave_in_one_piece(receiver):
    """Two would wait for each other, where a receiver delays what it acknowledges."""
    pieces = []

    def serve(connection: socket.socket) -> None:
        pieces.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    with raw_server(serve) as url:
        send(url, body=b"<all/>")
    assert pieces[0].startswith(b"POST / HTTP/1.1\r\nHost: 127.0.0.1:")
    assert pieces[0].endswith(b"Content-Length: 6\r\nContent-Type: text/plain\r\n\r\n<all/>")


def test_a_url_is_sent_byte_for_byte_but_for_what_no_request_can_hold(subtests, receiver):
    for written, asked in [
        ("/a%20b/%c3%BC?q=1", "/a%20b/%c3%BC?q=1"),
        ("/a/../b/./c//{x}|y", "/a/../b/./c//{x}|y"),
        ("?q=a+b&r[]=%C3%A9", "/?q=a+b&r[]=%C3%A9"),
        ("/ü?q=ü%20", "/%C3%BC?q=%C3%BC%20"),
        ("/p?at=http://a:b@c/d;e&f=(1),2!", "/p?at=http://a:b@c/d;e&f=(1),2!"),
        ("/100%/x%20y?half=100%&x=%zz", "/100%/x%20y?half=100%&x=%zz"),
        ("", "/"),
    ]:
        with subtests.test(written=written, asked=asked):
            send(receiver.url.removesuffix("/callouts") + written)
            assert receiver.got[-1].path == asked


def test_nothing_listening_is_told_with_host_and_port():
    outcome = send("http://127.0.0.1:9/")
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == "connect"
    assert "127.0.0.1:9" in outcome.text


def test_a_name_that_does_not_exist_is_a_dns_error():
    outcome = send("http://no-such-host.invalid/")
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == "dns"


def test_an_address_that_is_not_allowed_is_never_connected_to(subtests, receiver, monkeypatch):
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: connected.append(address))
    port = receiver.url.rsplit(":", 1)[1].split("/", 1)[0]
    for host in ["127.0.0.1", "[::1]", "localhost", "[::ffff:127.0.0.1]", "10.0.0.1", "2130706433", "0x7f.1"]:
        with subtests.test(host=host):
            outcome = send(f"http://{host}:{port}/", client(allowed=Allowed()))
            assert isinstance(outcome, Refused), outcome
            assert connected == []


def test_one_refused_address_among_several_refuses_the_name(monkeypatch):
    def both(*_args, **_kwargs):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 80)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    assert isinstance(send("http://rebinding.example/"), Refused)


def test_a_network_that_is_named_is_connected_to(receiver):
    assert isinstance(send(receiver.url, client(allowed=Allowed(parse_networks("127.0.0.0/8")))), Answered)


def test_proxies_and_netrc_of_the_environment_are_ignored(receiver, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert send(receiver.url).status == 200
    assert "Authorization" not in receiver.got[0].headers


def test_a_configured_proxy_is_used_and_the_target_is_still_checked(receiver):
    proxy = receiver.url.removesuffix("/callouts")
    allowed = client(allowed=Allowed(parse_networks("192.0.2.0/24")), proxy=proxy)
    assert send("http://192.0.2.7/callouts", allowed).status == 200
    assert receiver.got[0].path == "http://192.0.2.7/callouts"
    assert isinstance(send("http://10.0.0.7/callouts", allowed), Refused)


def carrying(accepts: bool, said: list[bytes]) -> Callable[[socket.socket], None]:
    """A proxy that connects each caller to the port it names here, or refuses to."""

    def serve(near: socket.socket) -> None:
        head = near.recv(65536)
        said.append(head)
        if not accepts:
            near.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        port = int(head.split(b" ")[1].rpartition(b":")[2])
        with socket.create_connection(("127.0.0.1", port)) as far:
            near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=carry, args=(far, near))
            back.start()
            carry(near, far)
            back.join(10)

    return serve


def carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


def serve_tls(certificate: Path) -> Callable[[socket.socket], None]:
    context = server_context(certificate)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            got = b""
            # to its end: a close with something unread resets the connection, and takes the answer with it
            while not got.endswith(b"\r\n\r\nx") and (more := tls.recv(65536)):
                got += more
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")

    return serve


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate):
    with raw_server(serve_tls(certificate)) as url:
        outcome = send(url.replace("http:", "https:"))
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == "tls"
    assert "certificate" in outcome.text


def test_a_certificate_of_a_known_authority_is_accepted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with raw_server(serve_tls(certificate)) as url:
        outcome = send(url.replace("http:", "https:"))
    assert isinstance(outcome, Answered), outcome


def test_a_tls_server_that_dribbles_is_held_to_the_deadline(certificate):
    with raw_server(dribble(b"\x16\x03\x03", b"")) as url:
        outcome = send(url.replace("http:", "https:"), client(total=0.5, connect=0.5))
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == "timeout"


def test_a_tls_receiver_is_reached_through_a_proxy_with_its_user_and_password(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    said: list[bytes] = []
    with raw_server(serve_tls(certificate)) as receiver, raw_server(carrying(True, said)) as proxy:
        url = receiver.replace("http:", "https:")
        with_user = proxy.replace("http://", "http://me:pass%20word@").rstrip("/")
        outcome = send(url, client(proxy=with_user))
    assert isinstance(outcome, Answered), outcome
    assert said[0].startswith(b"CONNECT 127.0.0.1:")
    assert b"Proxy-Authorization: Basic bWU6cGFzcyB3b3Jk\r\n" in said[0]


def test_a_proxy_that_dribbles_is_held_to_the_deadline():
    with raw_server(dribble(b"HTTP/1.1 200 Connection established\r\n", b"X: 1\r\n")) as proxy:
        outcome = send("https://127.0.0.1:4433/", client(total=0.5, proxy=proxy.rstrip("/")))
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == "timeout"


def test_a_proxy_that_does_not_connect_is_told(certificate):
    with raw_server(carrying(False, [])) as proxy:
        outcome = send("https://127.0.0.1:4433/", client(proxy=proxy.rstrip("/")))
    assert isinstance(outcome, Unreachable)
    assert outcome.kind == "connect"
    assert "403 Forbidden" in outcome.text
