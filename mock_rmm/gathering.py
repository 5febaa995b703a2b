"""A gunicorn worker whose threads never wait for a client, so that slow ones keep nobody else from being answered.

The main loop gathers a request's head and body before a thread sees it, and sends what a client is slow to take of
its answer afterwards. Each request has one deadline, and so has the taking of its answer.
"""

import contextlib
import errno
import re
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from mock_rmm.rmm import EXTENSION

# More than a request may have: it is gunicorn and the program that refuse, and say why. Of a body that is too long
# the endpoints read 16 MiB, so that its sender reads their answer.
_LONGEST_HEAD, _LONGEST_REQUEST = 1024 * 1024, 18 * 1024 * 1024
# What one client may leave untaken of its answer before a thread has to wait, and what all together may have here.
_BACKLOG, _ALL_BYTES = 4 * 1024 * 1024, 128 * 1024 * 1024
_PIECE = 256 * 1024
# RFC 9112, 9.6: the client may still be sending when the last answer is on its way.
_GOODBYE = 2.0
_LOOK_EVERY = 0.2
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class GatheredSocket(socket.socket):
    """A connection that gives what was gathered and then ends, and sends without waiting for its client."""

    def __init__(self, fileno: int, patience: float) -> None:
        super().__init__(fileno=fileno)
        self.gathered = bytearray()
        self.backlog = bytearray()
        self.ran_out = False
        """Whether more was read than was gathered: where a next request would begin is not known then."""
        self._patience = patience

    def recv(self, size: int, flags: int = 0) -> bytes:
        if flags:
            # somebody looks whether the client is still there; gunicorn has no flags
            return bytes(self.gathered[:size]) or super().recv(size, flags)
        self.ran_out = self.ran_out or not self.gathered
        piece = bytes(self.gathered[:size])
        del self.gathered[:size]
        return piece

    def send(self, data: Any, *_flags: int) -> int:
        # gunicorn sends nothing but 100 Continue this way, and that was said while gathering
        return len(data)

    def sendall(self, data: Any, *_flags: int) -> None:
        self.backlog += data
        self.push()
        end = time.monotonic() + self._patience
        while len(self.backlog) > _BACKLOG:
            left = end - time.monotonic()
            with selectors.DefaultSelector() as selector:
                selector.register(self, selectors.EVENT_WRITE)
                if left <= 0 or not selector.select(left):
                    raise ConnectionResetError(errno.ECONNRESET, "too slow a reader")
            self.push()

    def push(self) -> bool:
        """Send what the client takes now; say whether that was all. Raises OSError when it is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.backlog:
                del self.backlog[: super().send(self.backlog[:_PIECE], socket.MSG_DONTWAIT)]
        return not self.backlog

    def pull(self) -> bytes | None:
        """Receive what is there, b"" at the end, None when nothing is. Raises OSError when it is gone."""
        try:
            return super().recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None


class Framing:
    """Follows the bytes of one request, to know when all of it is there. Judging it is gunicorn's."""

    def __init__(self) -> None:
        self._head = 0
        self._searched = 0
        self._at = -1
        self.expects = False

    def is_whole(self, data: bytearray) -> bool:
        """Say whether a thread can read this request to its end, or refuse it."""
        if not self._head and not self._look_at_head(data):
            return len(data) > _LONGEST_HEAD
        if len(data) > _LONGEST_REQUEST:
            return True
        return self._end_of_chunks(data) if self._at >= 0 else len(data) >= self._head

    def _look_at_head(self, data: bytearray) -> bool:
        end = data.find(b"\r\n\r\n", self._searched)
        self._searched = max(0, len(data) - 3)
        if end < 0:
            return False
        head, self._head = bytes(data[: end + 2]), end + 4
        self.expects = bool(_EXPECTS.search(head))
        if _CHUNKED.search(head):
            self._at = self._head
        elif length := _LENGTH.search(head):
            self._head += int(length[1])
        return True

    def _end_of_chunks(self, data: bytearray) -> bool:
        while (end := data.find(b"\r\n", self._at, self._at + _PIECE)) >= 0:
            try:
                size = int(data[self._at : end].split(b";")[0], 16)
            except ValueError:
                return True  # gunicorn says what is wrong with it
            if size <= 0:
                # no trailers, or the empty line after them
                return data.find(b"\r\n\r\n", end) >= 0
            self._at = end + 2 + size + 2
        return len(data) > self._at + _PIECE


_Act = Callable[[TConn], object]


@dataclass
class _Stage:
    """What happens to a connection that the main loop waits for, and when."""

    late: _Act
    until: float


class GatheringWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """``patience`` is how many seconds a request may take to come, and its answer to be taken."""

    patience: float

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.patience = self.wsgi.extensions[EXTENSION].settings.request_seconds

    def init_process(self) -> None:
        # in the order in which they came
        self._stages: dict[TConn, _Stage] = {}
        self._next_look = 0.0
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Gather a request, then let a thread see to it."""
        if not isinstance(conn.sock, GatheredSocket):
            conn.sock = GatheredSocket(conn.sock.detach(), self.patience)
        if conn.parser is not None:
            conn.sock.gathered[:0] = conn.parser.unreader.take_buffered()
        if self.nr_conns >= self.worker_connections and self._stages:
            # whoever is not slow is gone by now
            self._drop(next(iter(self._stages)))
        framing = Framing()
        if not self._gather(conn, framing):
            event, late = selectors.EVENT_READ, self._is_late
            self._enter(conn, event, lambda each: self._gather(each, framing), late, self.patience)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Send the rest of the answer, then go on with the connection or close it."""
        if not self._send(conn, fs):
            event, late = selectors.EVENT_WRITE, self._drop
            self._enter(conn, event, lambda each: self._send(each, fs), late, self.patience)

    def murder_pending(self) -> None:
        """Cut what is late, and who has most when all together have too much."""
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK_EVERY
        held = {each: len(each.sock.gathered) + len(each.sock.backlog) for each in self._stages}
        for conn, has in held.items():
            stage = self._stages[conn]
            if not self.alive and not has:
                stage.until = min(stage.until, now + _GOODBYE)
            if now >= stage.until:
                stage.late(conn)
        while sum(held.values()) > _ALL_BYTES:
            most = max(held, key=held.__getitem__)
            del held[most]
            if most in self._stages:
                self._drop(most)

    def _enter(self, conn: TConn, event: int, act: _Act, late: _Act, seconds: float) -> None:
        self._stages[conn] = _Stage(late, time.monotonic() + seconds)
        self.poller.register(conn.sock, event, lambda _socket: act(conn))

    def _leave(self, conn: TConn) -> None:
        if self._stages.pop(conn, None) is not None:
            self.poller.unregister(conn.sock)

    def _gather(self, conn: TConn, framing: Framing) -> bool:
        """Receive what is there; say whether that was the end of gathering."""
        gathered = conn.sock.gathered
        try:
            piece = conn.sock.pull()
            gathered += piece or b""
            whole = framing.is_whole(gathered) or piece == b""
            if framing.expects and not whole:
                framing.expects = False
                conn.sock.backlog += _GO_ON
                conn.sock.push()
        except OSError:
            whole = True
            gathered.clear()
        if not whole:
            return False
        if gathered:
            self._leave(conn)
            conn.data_ready = True
            super().enqueue_req(conn)
        else:
            self._drop(conn)
        return True

    def _is_late(self, conn: TConn) -> None:
        if not conn.sock.gathered:
            self._drop(conn)
            return
        conn.sock.gathered.clear()
        conn.sock.backlog += _TOO_LATE
        self.log.warning("A request did not come whole within %g s", self.patience)
        self._say_goodbye(conn)

    def _send(self, conn: TConn, fs: Any) -> bool:
        """Send what the client takes; say whether that was the end of sending."""
        try:
            if not conn.sock.push():
                return False
        except OSError:
            self._drop(conn)
            return True
        self._leave(conn)
        if conn.sock.ran_out or fs.cancelled() or fs.exception() or not fs.result():
            self._say_goodbye(conn)
        elif conn.sock.gathered:
            self.enqueue_req(conn)
        else:
            super().finish_request(conn, fs)
        return True

    def _say_goodbye(self, conn: TConn) -> None:
        self._leave(conn)
        try:
            conn.sock.push()
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.sock.gathered.clear()
        self._enter(conn, selectors.EVENT_READ, self._drain, self._drop, _GOODBYE)

    def _drain(self, conn: TConn) -> None:
        try:
            over = conn.sock.pull() == b""
        except OSError:
            over = True
        if over:
            self._drop(conn)

    def _drop(self, conn: TConn) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        conn.sock.close()
