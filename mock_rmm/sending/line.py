"""The connection a callout goes over: made within the time there is, and never used after it.

One thread makes and uses it; another hangs up.
"""

import contextlib
import socket
import ssl
import threading
import time

from mock_rmm.sending.outcome import QUOTED, Kind, NoAnswer

CONNECT_SECONDS = 5.0


class Line:
    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._over = threading.Event()
        self._sock: socket.socket | None = None

    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())

    def check(self) -> None:
        if self._over.is_set() or not self.left():
            raise TimeoutError

    def connect(self, host: str, port: int) -> socket.socket | NoAnswer:
        """Try each address of the host, and say why if none takes it."""
        try:
            addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            return NoAnswer(
                Kind.DNS, f"The name {host} isn't found ({QUOTED}). Is it spelt right?", words(error)
            )
        trouble = OSError("no address")
        for family, kind, protocol, _, address in addresses:
            self.check()
            try:
                return self._to(address, socket.socket(family, kind, protocol))
            except OSError as error:
                trouble = error
        self.check()
        if isinstance(trouble, TimeoutError):
            return NoAnswer(
                Kind.TIMEOUT, f"{host}:{port} accepted no connection in time. Is it reachable from here?"
            )
        return NoAnswer(
            Kind.CONNECT,
            f"{host}:{port} can't be connected to ({QUOTED}). Does anything listen there?",
            words(trouble),
        )

    def secure(self, sock: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Shake hands, on a socket that can be hung up meanwhile: wrapping takes the plain one's connection away."""
        name = host.rstrip(".")
        secured = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        self._hold(secured)
        secured.settimeout(self._patience())
        secured.do_handshake()
        return secured

    def hang_up(self) -> None:
        """End what the thread still waits for. SSLSocket's own shutdown would take its TLS away beneath the thread."""
        self._over.set()
        if self._sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)

    def close(self) -> None:
        if self._sock is not None:
            self._sock.close()

    def _to(self, address: tuple[object, ...], sock: socket.socket) -> socket.socket:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self._patience())
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        self._hold(sock)
        return sock

    def _hold(self, sock: socket.socket) -> None:
        """Keep it before looking whether the time is up: who hangs up now finds one or the other."""
        self._sock = sock
        self.check()

    def _patience(self) -> float:
        # A time-out of 0 would mean not to wait for anything at all
        return max(0.001, min(CONNECT_SECONDS, self.left()))


def words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
