"""The only HTTP client: sends one request within a total time, and returns every failure as a value.

- Where it connects is checked (``connections``), through a proxy too.
- One deadline covers connecting, TLS, headers and body, so a slow server can't hold a thread.
- At most 64 KiB of an answer are read, counted after decompression. Redirects are not followed, TLS is
  verified, and proxies and .netrc of the environment are ignored.

It is built on httptools and plain sockets, which cost less than requests and urllib3 (docs/decisions/http-client.md).
"""

import socket
import ssl
import time
from dataclasses import dataclass

import certifi

from portal.core.addresses import Allowed
from portal.core.verdicts import Answered, ErrorKind, Outcome, Refused, Unreachable
from portal.core.wire import Request
from portal.http.connections import (
    Connection,
    ConnectionFailed,
    Origin,
    Proxy,
    connect,
    error_text,
    resolve,
    tunnel,
)
from portal.http.decompression import codings, decompress
from portal.http.errors import ResponseError
from portal.http.pool import ConnectionPool
from portal.http.response import Answer
from portal.http.urls import BadUrl, origin_of, parse
from portal.http.wrong_protocol import explain_response_error, explain_tls_failure

MAX_ANSWER = 64 * 1024
_CODINGS = {"content-encoding", "transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, and seconds for everything; which addresses may be connected to."""

    connect_timeout: float
    total_timeout: float
    allowed: Allowed
    proxy: str = ""


class Client:
    """Sends requests from many threads over pooled connections."""

    def __init__(self, limits: Limits, connections: int, *, insecure: bool = False) -> None:
        """``insecure`` leaves certificates unverified: for trying a receiver by hand."""
        self._limits = limits
        self._proxy = Proxy.of(limits.proxy) if limits.proxy else None
        self._pool = ConnectionPool(connections)
        self._tls = ssl.create_default_context()
        if not self._tls.cert_store_stats()["x509_ca"]:
            self._tls.load_verify_locations(certifi.where())  # a system without a certificate store
        self._tls.set_alpn_protocols(["http/1.1"])
        if insecure:
            self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    def send(self, request: Request, headers: dict[str, str], seconds: float | None = None) -> Outcome:
        """Send a request; return the answer, or why there is none. Never raises for what a peer does.

        ``seconds`` replaces the configured total time.
        """
        seconds = seconds or self._limits.total_timeout
        deadline = time.monotonic() + seconds
        try:
            origin, target = parse(request.url)
            answer = self._exchange(
                origin, self._serialize(request, headers, origin, target), seconds, deadline
            )
            return _answered(answer)
        except ConnectionFailed as failed:
            return failed.outcome
        except BadUrl as bad:
            return Refused(ErrorKind.REQUEST, f"{bad} Correct it on the callout's General tab.")
        except (OSError, UnicodeError, ValueError) as error:
            return _explain(error, seconds)

    def connection_limit(self, url: str) -> tuple[Origin | None, int]:
        """Return the origin of a URL, and how many connections may be open to it at once."""
        try:
            origin = origin_of(url)
        except BadUrl:
            return None, 2
        return origin, self._pool.max_connections(origin)

    def close(self) -> None:
        self._pool.close()

    def _serialize(self, request: Request, headers: dict[str, str], origin: Origin, target: str) -> bytes:
        """Return head and body in one piece: one packet, and one system call."""
        if self._proxy and origin.scheme == "http":
            target = f"http://{origin.netloc}{target}"
            if self._proxy.header:
                headers = headers | dict([self._proxy.header])
        if self._pool.max_connections(origin) == 1:
            headers = headers | {"Connection": "close"}
        length = f"Content-Length: {len(request.body)}\r\n" if request.method != "GET" else ""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{request.method} {target} HTTP/1.1\r\nHost: {origin.netloc}\r\n{length}{lines}\r\n"
        return head.encode("latin-1") + request.body

    def _exchange(self, origin: Origin, request: bytes, seconds: float, deadline: float) -> Answer:
        checkout = self._pool.acquire(origin, seconds)
        try:
            connection = checkout.connection = checkout.connection or self._connected(origin, deadline)
            answer = connection.exchange(request, MAX_ANSWER, deadline)
        except ResponseError as error:
            self._pool.release(checkout, answered=False)
            raise ConnectionFailed(
                explain_response_error(error, origin, answered_before=not checkout.new)
            ) from error
        except BaseException:
            self._pool.release(checkout, answered=False)
            raise
        # not reusable if the rest of the answer was not read, or if the receiver closes it
        self._pool.release(checkout, answered=True, reusable=answer.reusable)
        return answer

    def _connected(self, origin: Origin, deadline: float) -> Connection:
        limits, proxy = self._limits, self._proxy
        if proxy:
            resolve(origin.host, origin.port, limits.allowed)
        guard = None if proxy else limits.allowed
        sock = connect(proxy.origin if proxy else origin, guard, limits.connect_timeout, deadline)
        try:
            if origin.scheme == "https":
                if proxy:
                    tunnel(sock, proxy, origin, deadline)
                sock = self._encrypted(sock, origin)
            return Connection(sock)
        except BaseException:
            sock.close()
            raise

    def _encrypted(self, sock: socket.socket, origin: Origin) -> ssl.SSLSocket:
        try:
            return self._tls.wrap_socket(sock, server_hostname=origin.host.partition("%")[0])
        except OSError as error:
            raise ConnectionFailed(explain_tls_failure(error, origin)) from error


def _answered(answer: Answer) -> Answered:
    headers = answer.headers
    encodings = codings([value for name, value in headers if name.lower() in _CODINGS])
    found = decompress(answer.body, encodings, MAX_ANSWER, more=answer.more)
    remarks = (*answer.remarks, found.remark) if found.remark else answer.remarks
    return Answered(answer.status, answer.reason, headers, found.body, found.more, remarks)


def _explain(error: Exception, seconds: float) -> Unreachable:
    """Say in one sentence what went wrong after the connection was made."""
    match error:
        case TimeoutError():
            return Unreachable(ErrorKind.TIMEOUT, f"No whole answer came within {seconds:g} s.")
        case ssl.SSLError():
            return Unreachable(ErrorKind.TLS, f"The receiver broke off TLS: {error_text(error)}.")
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return Unreachable(ErrorKind.RESET, "The receiver reset the connection.")
        case _:
            return Unreachable(
                ErrorKind.PROTOCOL, f"The receiver's answer is not HTTP ({error_text(error)})."
            )
