"""The only HTTP client: sends one request within a total time, and turns all trouble into values.

- Where it connects is checked (``connections``), through a proxy too.
- One deadline covers connecting, TLS, headers and body, so a dribbling server can't hold a thread.
- At most 64 KiB of an answer are read, counted after decompression. Redirects are not followed, TLS is
  verified, and proxies and .netrc of the environment are ignored.

It stands on httptools and on sockets, which cost less than requests and urllib3 do (ARCHITECTURE.md).
"""

import socket
import ssl
import time
from dataclasses import dataclass

import certifi

from portal.core.addresses import Allowed
from portal.core.verdicts import Answered, ErrorKind, Outcome, Refused, Unreachable
from portal.core.wire import Request
from portal.http.broken import Broken
from portal.http.connections import Connection, Ended, Place, Proxy, connect, resolve, tunnel, words
from portal.http.misunderstood import in_words, no_tls
from portal.http.response import Answer
from portal.http.reuse import Kept
from portal.http.unpacking import codings, unpacked
from portal.http.urls import BadUrl, parse, place_of

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
    """Sends requests from many threads over kept connections."""

    def __init__(self, limits: Limits, connections: int, *, insecure: bool = False) -> None:
        """``insecure`` leaves certificates unverified: for trying a receiver by hand."""
        self._limits = limits
        self._proxy = Proxy.of(limits.proxy) if limits.proxy else None
        self._kept = Kept(connections)
        self._tls = ssl.create_default_context()
        if not self._tls.cert_store_stats()["x509_ca"]:
            self._tls.load_verify_locations(certifi.where())  # a system without a store of its own
        self._tls.set_alpn_protocols(["http/1.1"])
        if insecure:
            self._tls.check_hostname, self._tls.verify_mode = False, ssl.CERT_NONE

    def send(self, request: Request, headers: dict[str, str], seconds: float | None = None) -> Outcome:
        """Send a request; give the answer, or why there is none. Never raises for what a peer does.

        ``seconds`` is for all of it, where it isn't what every request has.
        """
        seconds = seconds or self._limits.total_timeout
        deadline = time.monotonic() + seconds
        try:
            place, target = parse(request.url)
            answer = self._exchange(place, self._written(request, headers, place, target), seconds, deadline)
            return _answered(answer)
        except Ended as ended:
            return ended.outcome
        except BadUrl as bad:
            return Refused(ErrorKind.REQUEST, f"{bad} Correct it on the callout's General tab.")
        except (OSError, UnicodeError, ValueError) as error:
            return _explain(error, seconds)

    def crowd(self, url: str) -> tuple[Place | None, int]:
        """Give where a URL leads, and how many connections may be open there at once."""
        try:
            place = place_of(url)
        except BadUrl:
            return None, 2
        return place, self._kept.most(place)

    def close(self) -> None:
        self._kept.close()

    def _written(self, request: Request, headers: dict[str, str], place: Place, target: str) -> bytes:
        """Write head and body at once: one packet, and one call of the system."""
        if self._proxy and place.scheme == "http":
            target = f"http://{place.netloc}{target}"
            if self._proxy.header:
                headers = headers | dict([self._proxy.header])
        if self._kept.most(place) == 1:
            headers = headers | {"Connection": "close"}
        length = f"Content-Length: {len(request.body)}\r\n" if request.method != "GET" else ""
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{request.method} {target} HTTP/1.1\r\nHost: {place.netloc}\r\n{length}{lines}\r\n"
        return head.encode("latin-1") + request.body

    def _exchange(self, place: Place, request: bytes, seconds: float, deadline: float) -> Answer:
        turn = self._kept.begin(place, seconds)
        try:
            connection = turn.connection = turn.connection or self._connected(place, deadline)
            answer = connection.exchange(request, MAX_ANSWER, deadline)
        except Broken as broken:
            self._kept.end(turn, answered=False)
            raise Ended(in_words(broken, place, answered_before=not turn.new)) from broken
        except BaseException:
            self._kept.end(turn, answered=False)
            raise
        # not usable where the rest is not wanted, or the receiver does not keep it
        self._kept.end(turn, answered=True, usable=answer.kept)
        return answer

    def _connected(self, place: Place, deadline: float) -> Connection:
        limits, proxy = self._limits, self._proxy
        if proxy:
            resolve(place.host, place.port, limits.allowed)
        guard = None if proxy else limits.allowed
        sock = connect(proxy.place if proxy else place, guard, limits.connect_timeout, deadline)
        try:
            if place.scheme == "https":
                if proxy:
                    tunnel(sock, proxy, place, deadline)
                sock = self._encrypted(sock, place)
            return Connection(sock)
        except BaseException:
            sock.close()
            raise

    def _encrypted(self, sock: socket.socket, place: Place) -> ssl.SSLSocket:
        try:
            return self._tls.wrap_socket(sock, server_hostname=place.host.partition("%")[0])
        except OSError as error:
            raise Ended(no_tls(error, place)) from error


def _answered(answer: Answer) -> Answered:
    headers = answer.headers
    packed_by = codings([value for name, value in headers if name.lower() in _CODINGS])
    found = unpacked(answer.body, packed_by, MAX_ANSWER, more=answer.more)
    remarks = (*answer.remarks, found.remark) if found.remark else answer.remarks
    return Answered(answer.status, answer.reason, headers, found.body, found.more, remarks)


def _explain(error: Exception, seconds: float) -> Unreachable:
    """Say in one sentence what went wrong after the connection stood."""
    match error:
        case TimeoutError():
            return Unreachable(ErrorKind.TIMEOUT, f"No whole answer came within {seconds:g} s.")
        case ssl.SSLError():
            return Unreachable(ErrorKind.TLS, f"The receiver broke off TLS: {words(error)}.")
        case ConnectionResetError() | BrokenPipeError() | ConnectionAbortedError():
            return Unreachable(ErrorKind.RESET, "The receiver reset the connection.")
        case _:
            return Unreachable(ErrorKind.PROTOCOL, f"The receiver's answer is not HTTP ({words(error)}).")
