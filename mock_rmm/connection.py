"""Takes a connection from the server when the program inside asks for it, and sends on it, piece by piece.

Below HTTP an answer can be what HTTP forbids: nothing at all, half of what was promised, a reset. The raw socket
is in the environ; gunicorn and Werkzeug both put it there. One thread looks after all connections that are held,
and exists only while there are any, so a silent or slow answer holds none of the server's threads.
"""

import errno
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


WANTED = "mock_rmm.connection"
"""Where the environ holds who wants the connection: a function of the socket, or of None when there is none."""

SOCKETS = ("gunicorn.socket", "werkzeug.socket")
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER, on, for no time at all: closing throws away what is unsent and sends RST instead of FIN."""

Want = Callable[[socket.socket | None], None]


class Diverting:
    """WSGI middleware: when somebody wants the connection, the answer is thrown away and they get it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        want: Want | None = environ.get(WANTED)
        if want is None:
            return answer
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        served = _socket_in(environ)
        want(None if served is None else _take(served))
        # What both servers take for a client that went away, and pass over in silence
        raise ConnectionResetError(errno.ECONNRESET, "taken, as ordered")


def reset(connection: socket.socket | None) -> None:
    """End a connection with a true TCP RST, as a crashed or overfull receiver does."""
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        connection.close()


def hung_up(environ: dict[str, Any]) -> Callable[[], bool]:
    """Whether the caller is gone. Writing to a page would find out too, but only at the second heartbeat."""
    connection = _socket_in(environ)
    return lambda: connection is not None and _has_hung_up(connection, socket.MSG_PEEK)


def _socket_in(environ: dict[str, Any]) -> socket.socket | None:
    return next((environ[name] for name in SOCKETS if environ.get(name) is not None), None)


def _has_hung_up(connection: socket.socket, flags: int = 0) -> bool:
    try:
        return not connection.recv(4096, flags | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _take(served: socket.socket) -> socket.socket:
    """The connection as a socket of one's own.

    The server would shut it down in good order, with a FIN. So its descriptor is made to point at another socket,
    whose far end has hung up: the connection goes on here, and the server finds nothing strange in what it has left.
    """
    taken = socket.socket(fileno=os.dup(served.fileno()))
    near, far = socket.socketpair()
    with near:
        far.close()
        os.dup2(near.fileno(), served.fileno())
    return taken


MOST_HELD = 256
LOOK_EVERY = 0.02

Piece = tuple[float, bytes]  # how many seconds to wait, and the bytes to send then


@dataclass
class _Held:
    connection: socket.socket
    pieces: deque[Piece]
    due: float
    ended: Callable[[], None]


class HeldConnections:
    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._held: deque[_Held] = deque()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        with self._lock:
            return len(self._held)

    def hold(
        self, connection: socket.socket | None, pieces: tuple[Piece, ...], ended: Callable[[], None]
    ) -> None:
        """Send the pieces when their time comes, then close; `ended` is called when it is over, however.

        The oldest is reset when there are too many.
        """
        if connection is None:
            ended()
            return
        connection.settimeout(0)
        wait = pieces[0][0] if pieces else 0.0
        oldest = None
        with self._lock:
            if len(self._held) >= self._most:
                oldest = self._held.popleft()
            self._held.append(_Held(connection, deque(pieces), monotonic() + wait, ended))
            if self._thread is None:
                self._thread = threading.Thread(target=self._look_after, name="held", daemon=True)
                self._thread.start()
        if oldest is not None:
            reset(oldest.connection)
            oldest.ended()

    def stop(self) -> None:
        """Close them all, now and from now on."""
        self._stopping.set()

    def _look_after(self) -> None:
        while True:
            with self._lock:
                over = [each for each in self._held if self._is_over(each)]
                for each in over:
                    self._held.remove(each)
                if not self._held:
                    self._thread = None
            for each in over:
                each.connection.close()
                each.ended()
            with self._lock:
                if self._thread is not threading.current_thread():
                    return
            self._stopping.wait(LOOK_EVERY)

    def _is_over(self, held: _Held) -> bool:
        """Send what is due; say whether that was all, or nobody is there to read it."""
        if self._stopping.is_set():
            return True
        try:
            return _has_hung_up(held.connection) or _send_due(held)
        except OSError:
            return True


def _send_due(held: _Held) -> bool:
    while held.pieces and held.due <= monotonic():
        piece = held.pieces[0][1]
        sent = 0
        with suppress(BlockingIOError):  # its reader is slow; the rest goes when there is room
            sent = held.connection.send(piece)
        if sent < len(piece):
            held.pieces[0] = (0.0, piece[sent:])
            return False
        held.pieces.popleft()
        if held.pieces:
            held.due += held.pieces[0][0]
    return not held.pieces
