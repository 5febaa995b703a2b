"""Reads one HTTP answer from a connection, with limits on size and time.

An answer that follows HTTP/1.1 is parsed by llhttp, through httptools. One that llhttp refuses, or that does not
say where it ends, is parsed again from its first byte by ``lenient``, which accepts harmless deviations and remarks
on them. A connection with any deviation is not used again: surplus data would be taken for the next answer.
"""

import time
from typing import Protocol

import httptools

from portal.core.verdicts import ErrorKind, Remark
from portal.http.errors import ResponseError
from portal.http.lenient import BODILESS, FINAL, MAX_HEAD, MAX_HEADERS, MAX_READ, SWITCHING, LenientParser
from portal.http.remarks import SURPLUS, remark

_AT_ONCE = 64 * 1024
_BEGINS = (b"HTTP/1.1 ", b"HTTP/1.0 ")
# After this many seconds of silence, an answer that is complete apart from its framing is taken as it is.
_SILENCE = 1.0


class Source(Protocol):
    def receive(self, most: int, deadline: float) -> bytes:
        """Return the data that has come, empty at the end. Raises TimeoutError after the deadline."""


class Answer:
    """One answer, and the callbacks of httptools' parser."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self.more = False
        self.remarks: tuple[Remark, ...] = ()
        self._most = most
        self._raw = bytearray()
        self._head = 0
        self._headed = self._whole = self._surplus = self._keep_alive = self._odd = self._chunked = False
        self._refused = False
        self._start_over()
        self._parser = httptools.HttpResponseParser(self)
        self._lenient: LenientParser | None = None

    @property
    def reusable(self) -> bool:
        """Whether its connection may carry another request."""
        return self._keep_alive and self._whole and self._lenient is None and not self._surplus

    @property
    def body(self) -> bytes:
        return b"".join(self._body)

    @property
    def reason(self) -> str:
        return _text(b"".join(self._reason))

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.decode("latin-1"), _text(value)) for name, value in self._headers)

    def read(self, source: Source, deadline: float) -> None:
        """Read until the answer is complete, or longer than the limit.

        Raises ResponseError, TimeoutError, other OSErrors.
        """
        try:
            while not self._whole and not self.more:
                if not self._read_once(source, deadline):
                    break
        finally:
            # breaks the reference cycle, so that the garbage collector is not needed
            del self._parser
        if self._lenient is not None:
            self._take_over(self._lenient)
        elif self._surplus:
            self.remarks = (remark(SURPLUS),)

    def _read_once(self, source: Source, deadline: float) -> bool:
        """Read once; return whether more may come."""
        patience = min(deadline, time.monotonic() + _SILENCE) if self._raw else deadline
        try:
            data = source.receive(_AT_ONCE, patience)
        except (TimeoutError, BlockingIOError):
            if self._is_complete(closed=False):
                return False
            if time.monotonic() >= deadline:
                raise
            return True
        except OSError as error:
            if not self._raw and isinstance(error, ConnectionError):
                said = "The receiver reset the connection without an answer."
                raise ResponseError(ErrorKind.RESET, said, "nothing") from error
            if not self._is_complete(closed=False):
                raise
            return False
        if data:
            self._feed(data)
        elif not self._raw:
            said = "The receiver closed the connection without an answer."
            raise ResponseError(ErrorKind.RESET, said, "nothing")
        elif not self._is_complete(closed=True):
            raise self._lenient_parser().truncation_error()
        return bool(data)

    def _feed(self, data: bytes) -> None:
        begins = not self._raw
        self._raw += data
        if self._lenient is None and not self._parsed(data, begins=begins):
            self._lenient_parser()
        elif self._lenient is not None:
            self._lenient.feed(data)
        if self._lenient is not None:
            self._whole = self._lenient.whole or self._lenient.bodiless
            self.more = self._lenient.more

    def _parsed(self, data: bytes, *, begins: bool) -> bool:
        """Parse data with llhttp; return whether it follows HTTP/1.1 and is within the limits."""
        if begins and not data.startswith(_BEGINS):
            return False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return False
        except httptools.HttpParserError:
            self._refused = not self._whole
            self._surplus = self._whole
        if self._refused:
            return False
        if self._whole and not self.more and self._has_line_ends_after(data):
            self._surplus = True
        if self._surplus and self.status in BODILESS:
            return False
        # an incomplete header counts, too
        head = self._head if self._headed else len(self._raw)
        bounded = head <= MAX_HEAD and len(self._headers) <= MAX_HEADERS and len(self._raw) <= MAX_READ
        return bounded and not self._odd

    def _has_line_ends_after(self, data: bytes) -> bool:
        """Return whether line ends follow a complete answer: llhttp skips them silently."""
        if self._body and not self._chunked:
            return not data.endswith(self._body[-1])
        return data.endswith(b"\r\n\r\n\r\n")

    def _lenient_parser(self) -> LenientParser:
        if self._lenient is None:
            self._lenient = LenientParser(self._most)
            self._lenient.feed(bytes(self._raw))
        return self._lenient

    def _is_complete(self, *, closed: bool) -> bool:
        return self._lenient_parser().is_complete(closed=closed)

    def _take_over(self, lenient: LenientParser) -> None:
        self._start_over()
        self.status, self.more = lenient.status, lenient.more
        self.remarks = lenient.remarks or ((remark("framing.other"),) if self._refused else ())
        self._reason.append(lenient.reason)
        self._headers += lenient.headers
        self._body.append(bytes(lenient.body))

    def _start_over(self) -> None:
        self._reason: list[bytes] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._size = 0

    def on_message_begin(self) -> None:
        self._surplus = self._whole

    def on_status(self, reason: bytes) -> None:
        if not self._whole:
            self._reason.append(reason)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._whole:
            self._headers.append((name, value))
            self._head += len(name) + len(value)

    def on_headers_complete(self) -> None:
        if not self._whole:
            self.status = self._parser.get_status_code()
            self._headed = self.status >= FINAL or self.status == SWITCHING
            self._keep_alive = self._parser.should_keep_alive()
            ways = [value.lower() for name, value in self._headers if name.lower() == b"transfer-encoding"]
            self._chunked = bool(ways)
            self._odd = self._odd or (self._chunked and ways != [b"chunked"])

    def on_body(self, data: bytes) -> None:
        if self._whole:
            return
        self._body.append(data[: self._most - self._size])
        self._size += len(data)
        self.more = self._size > self._most

    def on_message_complete(self) -> None:
        if self._headed:
            self._whole = True
        else:
            # an interim answer, such as 100 Continue: the final one follows
            self._start_over()


def _text(raw: bytes) -> str:
    """Decode a part of the head: as UTF-8 if valid, else as Latin-1, which always is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
