"""The only HTTP client: sends one request within a total time, and turns all trouble into values.

- The address that is connected to is checked after resolution, on every address that the name gives, and
  it is that address that is connected to: a name that changes its mind in between gains nothing.
- One deadline covers connecting, TLS, headers and body, so a dribbling server can't hold a thread.
- At most 64 KiB of an answer are read, counted after decompression. Redirects are not followed, TLS is
  verified, and proxies and .netrc of the environment are ignored.

It stands on urllib3, which is also what requests stands on: its pools, its TLS and its answers. The
rest of requests (cookies, redirects, sessions) is what a callout must not do.
"""

import http.client
import math
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, LocationParseError, ProtocolError, SSLError

from portal.core.addresses import Allowed
from portal.core.callouts import host_of
from portal.core.verdicts import Answered, ErrorKind, Outcome, Refused, Unreachable
from portal.core.wire import Request

MAX_ANSWER = 64 * 1024
# Receivers close a connection that was idle for some seconds, the busiest after two; a request that is just
# then on its way is lost. So one that was idle for longer than this is not used again.
_MOST_IDLE = 1.0
_time = threading.local()


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to connect, and seconds for everything; which addresses may be connected to."""

    connect_timeout: float
    total_timeout: float
    allowed: Allowed
    proxy: str = ""


class _Ended(Exception):  # noqa: N818 - carries a value out of urllib3, and is no error of ours
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class _Timed:
    """Socket operations that keep to the deadline of the thread's request."""

    used_at = math.inf

    def _keep_time(self) -> None:
        left = getattr(_time, "deadline", math.inf) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is up")
        self.settimeout(left)  # type: ignore[attr-defined]

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._keep_time()
        try:
            return super().recv_into(*args, **kwargs)  # type: ignore[misc,no-any-return]
        finally:
            self.used_at = time.monotonic()

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._keep_time()
        return super().send(*args, **kwargs)  # type: ignore[misc,no-any-return]

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._keep_time()
        super().sendall(*args, **kwargs)  # type: ignore[misc]


class _TimedSocket(_Timed, socket.socket):
    pass


class _TimedTlsSocket(_Timed, ssl.SSLSocket):
    pass


class Client:
    """Sends requests from many threads over kept connections."""

    def __init__(self, limits: Limits, connections: int) -> None:
        self._limits = limits
        context = ssl.create_default_context()
        if not context.cert_store_stats()["x509_ca"]:
            context.load_verify_locations(certifi.where())  # a system without a store of its own
        context.sslsocket_class = _TimedTlsSocket
        options: dict[str, Any] = {"num_pools": 200, "maxsize": connections, "ssl_context": context}
        self._pools = (
            urllib3.ProxyManager(limits.proxy, **options) if limits.proxy else urllib3.PoolManager(**options)
        )
        # through a proxy it is the proxy that is connected to; the target is checked before, in send()
        guard = None if limits.proxy else limits.allowed
        self._pools.pool_classes_by_scheme = _pool_classes(limits, guard)

    def send(self, request: Request, headers: dict[str, str], seconds: float | None = None) -> Outcome:
        """Send a request; give the answer, or why there is none. Never raises for what a peer does.

        ``seconds`` is for all of it, where it isn't what every request has.
        """
        seconds = seconds or self._limits.total_timeout
        _time.deadline = time.monotonic() + seconds
        try:
            if self._limits.proxy:
                _, host, port = host_of(request.url)
                _resolve(host, port, self._limits.allowed)
            response = self._pools.urlopen(
                request.method,
                request.url,
                body=request.body or None,
                headers=headers,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=urllib3.Timeout(total=seconds),
            )
            return _read(response)
        except _Ended as ended:
            return ended.outcome
        except LocationParseError:
            return Refused(
                ErrorKind.REQUEST, "The callout's URL is not valid. Correct it on the General tab."
            )
        except (HTTPError, OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
            return _explain(error, seconds)
        finally:
            _time.deadline = math.inf

    def close(self) -> None:
        self._pools.clear()


def _read(response: urllib3.BaseHTTPResponse) -> Answered:
    body = response.read(MAX_ANSWER + 1, decode_content=True)
    more = len(body) > MAX_ANSWER
    if more:
        response.close()  # the rest is not wanted, so the connection can't be used again
    response.release_conn()
    return Answered(
        response.status,
        response.reason or "",
        tuple(response.headers.items()),
        body[:MAX_ANSWER],
        more,
    )


def _pool_classes(limits: Limits, guard: Allowed | None) -> dict[str, type[HTTPConnectionPool]]:
    """Make urllib3's classes anew with a connection that checks where it goes (None: that checks nothing)."""

    def connect(connection: HTTPConnection) -> socket.socket:
        host = connection.host.strip("[]")
        addresses = _resolve(host, connection.port, guard)
        return _connect(host, connection.port, addresses, limits.connect_timeout)

    class Guarded:
        _new_conn = connect
        _held: list[bytes] | None = None

        def request(self, *args: Any, **options: Any) -> None:
            """Send head and body at once: one packet, and one call of the system."""
            held: list[bytes] = []
            self._held = held
            try:
                super().request(*args, **options)  # type: ignore[misc]
            finally:
                self._held = None
            self.send(b"".join(held))

        def send(self, data: Any) -> None:
            if self._held is None:
                super().send(data)  # type: ignore[misc]
            else:
                self._held.append(data)

        @property
        def is_connected(self) -> bool:
            idle = time.monotonic() - getattr(self.sock, "used_at", math.inf)  # type: ignore[attr-defined]
            return idle < _MOST_IDLE and super().is_connected  # type: ignore[misc]

    class GuardedHttp(Guarded, HTTPConnection):
        pass

    class GuardedHttps(Guarded, HTTPSConnection):
        pass

    class HttpPool(HTTPConnectionPool):
        ConnectionCls = GuardedHttp

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls = GuardedHttps

    return {"http": HttpPool, "https": HttpsPool}


_Resolved = list[tuple[socket.AddressFamily, tuple[Any, ...]]]


def _resolve(host: str, port: int, guard: Allowed | None) -> _Resolved:
    """Give every address of a name; if one of them is refused, the whole name is."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = f"The name {host} could not be found ({_words(error)}). Check the host in the callout's URL."
        raise _Ended(Unreachable(ErrorKind.DNS, said)) from error
    for _, _, _, _, address in found:
        refusal = guard.refusal(str(address[0])) if guard else None
        if refusal:
            said = f"The portal does not send to {host}: {refusal}."
            raise _Ended(Refused(ErrorKind.REFUSED_ADDRESS, said))
    return [(family, address) for family, _, _, _, address in found]


def _connect(host: str, port: int, addresses: _Resolved, seconds: float) -> socket.socket:
    """Connect to the first address that answers, within the time for connecting."""
    end = min(time.monotonic() + seconds, getattr(_time, "deadline", math.inf))
    failure: OSError = TimeoutError()
    for family, address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        sock = _TimedSocket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # what is left of it bounds the TLS handshake
            sock.settimeout(max(0.1, end - time.monotonic()))
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    if isinstance(failure, TimeoutError):
        said = f"{host}:{port} did not accept a connection within {seconds:g} s. Is the receiver up and reachable?"
        raise _Ended(Unreachable(ErrorKind.TIMEOUT, said))
    said = f"No connection to {host}:{port} ({_words(failure)}). Is the receiver running, and the port right?"
    raise _Ended(Unreachable(ErrorKind.CONNECT, said))


def _explain(error: Exception, seconds: float) -> Unreachable:
    """Say in one sentence what went wrong after the connection stood."""
    chain = _chain(error)
    if any(isinstance(each, TimeoutError) for each in chain) or isinstance(
        error, urllib3.exceptions.TimeoutError
    ):
        return Unreachable(ErrorKind.TIMEOUT, f"No whole answer came within {seconds:g} s.")
    if any(isinstance(each, (SSLError, ssl.SSLError)) for each in chain):
        return Unreachable(ErrorKind.TLS, f"TLS failed: {_words(chain[-1])}. The request was not sent.")
    if any(isinstance(each, http.client.RemoteDisconnected) for each in chain):
        return Unreachable(ErrorKind.RESET, "The receiver closed the connection without an answer.")
    if any(
        isinstance(each, (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)) for each in chain
    ):
        return Unreachable(ErrorKind.RESET, "The receiver reset the connection.")
    if any(isinstance(each, http.client.IncompleteRead) for each in chain):
        return Unreachable(ErrorKind.PROTOCOL, "The receiver's answer broke off before its end.")
    if isinstance(error, DecodeError):
        return Unreachable(ErrorKind.PROTOCOL, "The receiver's answer is not encoded as its headers say.")
    return Unreachable(ErrorKind.PROTOCOL, f"The receiver's answer is not HTTP ({_words(chain[-1])}).")


def _chain(error: BaseException) -> list[BaseException]:
    """Give an error and what caused it; urllib3 also hides causes in ProtocolError's arguments."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in found:
        found.append(each)
        hidden = each.args[1] if isinstance(each, ProtocolError) and len(each.args) > 1 else None
        each = hidden if isinstance(hidden, BaseException) else each.__cause__ or each.__context__
    return found


def _words(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
