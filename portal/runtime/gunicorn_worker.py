"""A gunicorn worker whose threads never wait for a client, so that slow clients don't block others.

The main loop buffers a request's head and body before a thread handles it, and afterwards sends the rest of the answer
to a slow client. Receiving a request has a deadline, and so has sending its answer.
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

from portal.db.services import services

# Larger than gunicorn and Flask accept: they refuse such a request, and say why.
_LONGEST_HEAD, _LONGEST_REQUEST = 1024 * 1024, 5 * 1024 * 1024
# Unsent bytes of one answer before a thread has to wait, and the bytes buffered for all clients together.
_BACKLOG, _ALL_BYTES = 4 * 1024 * 1024, 128 * 1024 * 1024
_PIECE = 256 * 1024
# RFC 9112, 9.6: the client may still be sending when the last answer is on its way.
_LINGER_SECONDS = 2.0
_CHECK_EVERY = 0.2
_TOO_LATE = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class BufferedSocket(socket.socket):
    """A connection that reads from the buffered request and then ends, and sends without waiting for its client."""

    def __init__(self, fileno: int, patience: float) -> None:
        super().__init__(fileno=fileno)
        self.gathered = bytearray()
        self.backlog = bytearray()
        self.ran_out = False
        """Whether more was read than was buffered: then it is not known where a next request begins."""
        self._patience = patience

    def recv(self, size: int, flags: int = 0) -> bytes:
        if flags:
            # a check whether the client is still connected; gunicorn itself uses no flags
            return bytes(self.gathered[:size]) or super().recv(size, flags)
        self.ran_out = self.ran_out or not self.gathered
        piece = bytes(self.gathered[:size])
        del self.gathered[:size]
        return piece

    def send(self, data: Any, *_flags: int) -> int:
        # gunicorn sends only 100 Continue this way, which was sent while the request was buffered
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
        """Send what the client accepts now; return whether that was all. Raises OSError if the client is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.backlog:
                del self.backlog[: super().send(self.backlog[:_PIECE], socket.MSG_DONTWAIT)]
        return not self.backlog

    def pull(self) -> bytes | None:
        """Receive what is available: b"" at the end, None if nothing is. Raises OSError if the client is gone."""
        try:
            return super().recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None


class Framing:
    """Finds the end of one request. Validating it is left to gunicorn."""

    def __init__(self) -> None:
        self._head = 0
        self._searched = 0
        self._at = -1
        self.expects = False

    def is_whole(self, data: bytearray) -> bool:
        """Return whether a thread can read this request to its end, or refuse it."""
        if not self._head and not self._parse_head(data):
            return len(data) > _LONGEST_HEAD
        if len(data) > _LONGEST_REQUEST:
            return True
        return self._end_of_chunks(data) if self._at >= 0 else len(data) >= self._head

    def _parse_head(self, data: bytearray) -> bool:
        end = data.find(b"\r\n\r\n", self._searched)
        self._searched = max(0, len(data) - 3)
        if end < 0:
            return False
        head, self._head = bytes(data[: end + 2]), end + 4
        self.expects = bool(_EXPECTS.search(head))
        if _CHUNKED.search(head):
            self._at = self._head
        elif length := _LENGTH.search(head):
            # a request that is too long is refused without reading its body
            self._head += int(length[1]) if int(length[1]) <= _LONGEST_REQUEST else 0
        return True

    def _end_of_chunks(self, data: bytearray) -> bool:
        while (end := data.find(b"\r\n", self._at, self._at + _PIECE)) >= 0:
            try:
                size = int(data[self._at : end].split(b";")[0], 16)
            except ValueError:
                return True  # gunicorn reports what is wrong with it
            if size <= 0:
                # no trailers, or the empty line after them
                return data.find(b"\r\n\r\n", end) >= 0
            self._at = end + 2 + size + 2
        return len(data) > self._at + _PIECE


@dataclass
class _Stage:
    """A connection that the main loop waits for: the deadline, and what happens after it."""

    late: Callable[[TConn], None]
    until: float


class Worker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """``patience``: seconds for receiving a request, and seconds for sending its answer."""

    patience: int

    def load_wsgi(self) -> None:
        super().load_wsgi()
        with self.wsgi.app_context():
            self.patience = services().settings.request_seconds

    def init_process(self) -> None:
        # in order of arrival
        self._stages: dict[TConn, _Stage] = {}
        self._next_check = 0.0
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Buffer a request, then let a thread handle it."""
        if not isinstance(conn.sock, BufferedSocket):
            conn.sock = BufferedSocket(conn.sock.detach(), self.patience)
        if conn.parser is not None:
            conn.sock.gathered[:0] = conn.parser.unreader.take_buffered()
        if self.nr_conns >= self.worker_connections and self._stages:
            # the oldest connection is a slow one
            self._drop(next(iter(self._stages)))
        framing = Framing()
        if not self._gather(conn, framing):
            self._enter(
                conn,
                selectors.EVENT_READ,
                lambda each: self._gather(each, framing),
                self._is_late,
                self.patience,
            )

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Send the rest of the answer, then keep the connection or close it."""
        if not self._send(conn, fs):
            self._enter(
                conn, selectors.EVENT_WRITE, lambda each: self._send(each, fs), self._drop, self.patience
            )

    def murder_pending(self) -> None:
        """Close connections after their deadline, and those with the most bytes while the total is too high."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + _CHECK_EVERY
        held = {each: len(each.sock.gathered) + len(each.sock.backlog) for each in self._stages}
        for conn, has in held.items():
            stage = self._stages[conn]
            if not self.alive and not has:
                stage.until = min(stage.until, now + _LINGER_SECONDS)
            if now >= stage.until:
                stage.late(conn)
        while sum(held.values()) > _ALL_BYTES:
            most = max(held, key=held.__getitem__)
            del held[most]
            if most in self._stages:
                self._drop(most)

    def _enter(
        self,
        conn: TConn,
        event: int,
        act: Callable[[TConn], object],
        late: Callable[[TConn], None],
        seconds: float,
    ) -> None:
        self._stages[conn] = _Stage(late, time.monotonic() + seconds)
        self.poller.register(conn.sock, event, lambda _socket: act(conn))

    def _leave(self, conn: TConn) -> None:
        if self._stages.pop(conn, None) is not None:
            self.poller.unregister(conn.sock)

    def _gather(self, conn: TConn, framing: Framing) -> bool:
        """Receive what is available; return whether buffering has ended."""
        gathered = conn.sock.gathered
        try:
            piece = conn.sock.pull()
            gathered += piece or b""
            whole = framing.is_whole(gathered) or piece == b""
            if framing.expects and not whole:
                framing.expects = False
                conn.sock.backlog += _CONTINUE
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
        self._linger(conn)

    def _send(self, conn: TConn, fs: Any) -> bool:
        """Send what the client accepts; return whether sending has ended."""
        try:
            if not conn.sock.push():
                return False
        except OSError:
            self._drop(conn)
            return True
        self._leave(conn)
        if conn.sock.ran_out or fs.cancelled() or fs.exception() or not fs.result():
            self._linger(conn)
        elif conn.sock.gathered:
            self.enqueue_req(conn)
        else:
            super().finish_request(conn, fs)
        return True

    def _linger(self, conn: TConn) -> None:
        self._leave(conn)
        try:
            conn.sock.push()
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
            return
        conn.sock.gathered.clear()
        self._enter(conn, selectors.EVENT_READ, self._drain, self._drop, _LINGER_SECONDS)

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
