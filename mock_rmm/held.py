"""Connections that were taken from the server, and what still goes out on them, piece by piece.

One thread looks after all of them and is there only while there are any, so a silent or slow answer keeps none of
the server's threads.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from mock_rmm.connection import reset

MOST_HELD = 256
LOOK_EVERY = 0.02

Piece = tuple[float, bytes]
"""How many seconds to wait, and the bytes to send then."""


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
            if not _has_hung_up(held.connection):
                return _send_due(held)
        except OSError:
            return True
        return True


def _has_hung_up(connection: socket.socket) -> bool:
    try:
        return not connection.recv(4096)
    except BlockingIOError:
        return False


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
