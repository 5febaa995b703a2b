"""Connections to receivers: the address is checked before connecting, and every step has a time limit.

- Every address that a name resolves to is checked, and the portal connects to a checked address: a name that
  resolves differently the second time (DNS rebinding) gains nothing.
- A plain socket has its time-outs in the kernel: Python's own cost four system calls a request, each of which
  releases the interpreter lock. TLS needs Python's.
"""

import base64
import contextlib
import socket
import ssl
import struct
import time
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from urllib3.util.wait import wait_for_read

from portal.core.addresses import Allowed
from portal.core.verdicts import ErrorKind, Refused, Unreachable
from portal.http.response import Answer

# A connection that has carried several answers, the last of them a moment ago, is used without a check.
_TRUSTED_AFTER, _TRUSTED_FOR = 2, 0.002


class ConnectionFailed(Exception):  # noqa: N818 - carries an outcome
    """There is no connection, for the reason in ``outcome``."""

    def __init__(self, outcome: Refused | Unreachable) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a request (RFC 6454). ``host`` is as it is looked up: without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        host = f"[{self.host.partition('%')[0]}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy, and the header with its credentials, if it needs any."""

    origin: Origin
    header: tuple[str, str] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, url: str) -> "Proxy":
        parts = urlsplit(url)
        header = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
            header = ("Proxy-Authorization", f"Basic {base64.b64encode(pair).decode()}")
        return cls(Origin("http", parts.hostname or "", parts.port or 80), header)


class Connection:
    """Used by one thread at a time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._tls = isinstance(sock, ssl.SSLSocket)
        self._answers = 0
        self._used_at = self.connected_at = self.answering_since = time.monotonic()
        if not self._tls:
            sock.settimeout(None)

    def send(self, data: bytes, deadline: float) -> None:
        self._set_time_out(deadline)
        sent = self._sock.send(data)
        while sent < len(data):
            self._set_time_out(deadline)
            sent += self._sock.send(data[sent:])

    def receive(self, most: int, deadline: float) -> bytes:
        self._set_time_out(deadline)
        return self._sock.recv(most)

    def exchange(self, request: bytes, most: int, deadline: float) -> Answer:
        """Send a request and read its answer. Raises TimeoutError, other OSErrors, and ResponseError."""
        answer = Answer(most)
        try:
            # a receiver may answer and close before it has read everything; its answer counts
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send(request, deadline)
            answer.read(self, deadline)
        except BlockingIOError as error:
            # how the kernel reports a time-out
            raise TimeoutError from error
        self._used_at = time.monotonic()
        if not self._answers:
            self.answering_since = self._used_at
        self._answers += 1
        return answer

    def idle(self, now: float) -> float:
        """Return the seconds since its last answer."""
        return now - self._used_at

    def is_usable(self, most_idle: float) -> bool:
        """Return whether it may carry another request: not idle for long, not closed, and no unread data in it."""
        idle = self.idle(time.monotonic())
        if idle >= most_idle:
            return False
        trusted = self._answers >= _TRUSTED_AFTER and idle < _TRUSTED_FOR
        return trusted or not wait_for_read(self._sock, timeout=0.0)

    def close(self) -> None:
        self._sock.close()

    def _set_time_out(self, deadline: float) -> None:
        left = _left(deadline)
        if self._tls:
            self._sock.settimeout(left)
            return
        # all zero would mean no time-out
        timeval = struct.pack("ll", int(left), max(1, int(left % 1 * 1_000_000)))
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)


def _left(deadline: float) -> float:
    """Return the remaining seconds. Raises TimeoutError when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def connect(origin: Origin, guard: Allowed | None, seconds: float, deadline: float) -> socket.socket:
    """Connect to an origin within ``seconds`` and before the deadline. Raises ConnectionFailed."""
    addresses = resolve(origin.host, origin.port, guard)
    end = min(time.monotonic() + seconds, deadline)
    failure: OSError = TimeoutError()
    for family, address in addresses:
        left = end - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(left)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # the remaining time limits the TLS handshake
            sock.settimeout(max(0.1, end - time.monotonic()))
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    where = f"{origin.host}:{origin.port}"
    if isinstance(failure, TimeoutError):
        said = f"{where} did not accept a connection within {seconds:g} s. Is the receiver up and reachable?"
        raise ConnectionFailed(Unreachable(ErrorKind.TIMEOUT, said))
    said = f"No connection to {where} ({error_text(failure)}). Is the receiver running, and the port right?"
    raise ConnectionFailed(Unreachable(ErrorKind.CONNECT, said))


def tunnel(sock: socket.socket, proxy: Proxy, origin: Origin, deadline: float) -> None:
    """Ask a proxy for a tunnel to an origin (RFC 9110, 9.3.6). Raises ConnectionFailed."""
    target = f"{origin.netloc}:443" if origin.port == 443 else origin.netloc  # noqa: PLR2004 - https
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    if proxy.header:
        lines.append(": ".join(proxy.header))
    sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 64 * 1024:
        sock.settimeout(_left(deadline))
        more = sock.recv(1)  # what follows the head belongs to the receiver
        if not more:
            break
        head += more
    status = head.split(b"\r\n", 1)[0].decode("latin-1")
    if not (status.startswith("HTTP/1.") and status[9:10] == "2"):
        said = f"The proxy did not connect to {origin.host}:{origin.port} (it said “{status[:100]}”)."
        raise ConnectionFailed(Unreachable(ErrorKind.CONNECT, said))


def resolve(
    host: str, port: int, guard: Allowed | None
) -> list[tuple[socket.AddressFamily, tuple[object, ...]]]:
    """Return every address of a name; if one of them is refused, the name is. Raises ConnectionFailed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = (
            f"The name {host} could not be found ({error_text(error)}). Check the host in the callout's URL."
        )
        raise ConnectionFailed(Unreachable(ErrorKind.DNS, said)) from error
    for _, _, _, _, address in found:
        refusal = guard.refusal(str(address[0])) if guard else None
        if refusal:
            said = f"The portal does not send to {host}: {refusal}."
            raise ConnectionFailed(Refused(ErrorKind.REFUSED_ADDRESS, said))
    return [(family, address) for family, _, _, _, address in found]


def error_text(error: BaseException) -> str:
    """Return an error's text on one line."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:200]
