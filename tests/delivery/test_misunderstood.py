"""A receiver that speaks something else than the URL says: the sentence names the scheme to write."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from portal.callouts.judge import trouble
from portal.core.verdicts import Answered, Unreachable
from tests.certificates import self_signed, server_context
from tests.delivery.test_http import answering, client, raw_server, send

SETTINGS = bytes.fromhex("000006 04 00 00000000 000300000064")
GOAWAY = bytes.fromhex("000008 07 00 00000000 0000000000000001")
WRITE_HTTP = "Write http:// in the URL on the General tab"
WRITE_HTTPS = "Write https:// in the URL on the General tab."


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


@contextmanager
def plain_http() -> Iterator[str]:
    class Quiet(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def told(url: str, **limits: float) -> str:
    outcome = send(url, client(**limits))
    assert isinstance(outcome, Unreachable), outcome
    host = url.split("/")[2]
    assert host in outcome.text
    return outcome.text


def saying(data: bytes) -> Callable[[socket.socket], None]:
    """Read something, say something, and hang up in peace."""

    def serve(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return serve


def secure(url: str) -> str:
    return url.replace("http:", "https:")


def test_https_to_a_port_of_http_says_to_write_http():
    with plain_http() as url:
        assert WRITE_HTTP in told(url)


def test_whatever_answers_to_tls_and_is_none_says_to_write_http(subtests):
    for data in [
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        SETTINGS + GOAWAY,
        b"<!DOCTYPE HTML>\n",
    ]:
        with subtests.test(data=data), raw_server(saying(data)) as url:
            assert WRITE_HTTP in told(secure(url))


def test_a_port_that_says_nothing_to_tls_says_when_to_write_http(subtests):
    for act in [lambda _: None, lambda each: each.recv(65536) and each.recv(1)]:
        with subtests.test(act=act), raw_server(act) as url:
            assert "If it does not speak TLS, write http://" in told(secure(url), total=1, connect=1)


def test_http_to_a_port_of_tls_that_hangs_up_says_when_to_write_https(certificate):
    context = server_context(certificate)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    with raw_server(serve) as url:
        assert "expects TLS, write https:// in the URL on the General tab." in told(url)


def test_http_to_a_port_of_tls_that_answers_with_an_alert_says_to_write_https():
    with raw_server(saying(bytes.fromhex("15 0301 0002 02 46"))) as url:
        assert told(url).endswith(WRITE_HTTPS)


def test_an_answer_that_says_that_its_port_takes_https_says_to_write_it(subtests):
    for status, body in [
        (400, b"<center>The plain HTTP request was sent to HTTPS port</center>"),
        (
            400,
            b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS",
        ),
        (400, b"Client sent an HTTP request to an HTTPS server.\n"),
        (400, b"Bad Request\r\nThis combination of host and port requires TLS.\r\n"),
        (403, b"403.4 - Forbidden: SSL is required to view this resource."),
    ]:
        with subtests.test(status=status, body=body):
            said = "this port takes https only. Write https:// in the URL on the callout's General tab."
            found = trouble(Answered(status, body=body), None, "rmm.example")
            assert found is not None
            assert found.text.endswith(said)


def test_a_receiver_of_http2_only_is_told(subtests, trusted):
    for data in [SETTINGS, GOAWAY]:
        with subtests.test(data=data):

            def serve(connection: socket.socket, data: bytes = data) -> None:
                with server_context(trusted).wrap_socket(connection, server_side=True) as tls:
                    saying(data)(tls)

            with raw_server(saying(data)) as url:
                said = told(url)
            assert "speaks only HTTP/2" in said
            assert "write https://" in said
            with raw_server(serve) as url:
                said = told(secure(url))
            assert "speaks only HTTP/2" in said
            assert "keep https://" in said


def test_a_receiver_that_agrees_on_nothing_but_http2_is_told():
    """TLS's alert 120, no_application_protocol (RFC 7301)."""
    with raw_server(saying(bytes.fromhex("15 0303 0002 02 78"))) as url:
        assert "speaks only HTTP/2" in told(secure(url))


def test_a_receiver_hears_that_callouts_speak_http_1_1(trusted):
    agreed = []

    def serve(connection: socket.socket) -> None:
        context = server_context(trusted)
        context.set_alpn_protocols(["h2", "http/1.1"])
        with context.wrap_socket(connection, server_side=True) as tls:
            agreed.append(tls.selected_alpn_protocol())
            answering(b"HTTP/1.1 204 No Content\r\n\r\n")(tls)

    with raw_server(serve) as url:
        assert send(secure(url)).status == 204
    assert agreed == ["http/1.1"]


def test_tls_that_breaks_off_after_the_request_does_not_say_that_nothing_was_sent(trusted):
    """With TLS 1.3 a receiver that wants a certificate says so only when the request is on its way."""

    def serve(connection: socket.socket) -> None:
        context = server_context(trusted)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(trusted)
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(1)

    with raw_server(serve) as url:
        outcome = send(secure(url))
    assert isinstance(outcome, Unreachable)
    assert "not sent" not in outcome.text
    assert "nothing was sent" not in outcome.text


def test_a_reason_phrase_is_read_as_utf_8_or_latin_1(subtests):
    for phrase, shown in [
        (b"Ung\xfcltiger Wert", "Ungültiger Wert"),
        ("Ungültiger Wert".encode(), "Ungültiger Wert"),
        (b"Pas trouv\xe9", "Pas trouvé"),
        ("見つかりません".encode(), "見つかりません"),
    ]:
        for line in [b"HTTP/1.1 400 ", b"HTTP/1.1  400 "]:
            with subtests.test(phrase=phrase, shown=shown, line=line):
                with raw_server(
                    answering(line + phrase + b"\r\nX-Reason: " + phrase + b"\r\nContent-Length: 0\r\n\r\n")
                ) as url:
                    outcome = send(url)
                assert isinstance(outcome, Answered)
                assert (outcome.reason, outcome.header("x-reason")) == (shown, shown)
                found = trouble(outcome, None, "rmm.example")
                assert found is not None
                assert shown in found.text
