"""Reads one HTTP answer from a connection, bounded in size and time.

A tidy answer is llhttp's to parse, through httptools, by the letter of HTTP/1.1. One that llhttp refuses, or that
does not say where it ends, is read again from its first byte by ``framing``, which forgives what does no harm and
remarks it. A connection on which anything was odd is not used again: what comes after an answer would be taken for
the next one's beginning.
"""

import time
from typing import Protocol

import httptools

from portal.core.verdicts import ErrorKind, Remark
from portal.http.broken import Broken
from portal.http.framing import BODILESS, FINAL, MAX_HEAD, MAX_HEADERS, MAX_READ, SWITCHING, Untidy
from portal.http.remarks import SURPLUS, remark

_AT_ONCE = 64 * 1024
_BEGINS = (b"HTTP/1.1 ", b"HTTP/1.0 ")
# An answer that is whole already, but for what its framing promised, is not waited for until the time is up.
_SILENCE = 1.0


class Source(Protocol):
    def receive(self, most: int, deadline: float) -> bytes:
        """Give what has come, nothing at its end. Raises TimeoutError beyond the deadline."""


class Answer:
    """One answer, and what httptools calls while it reads it."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self.more = False
        self.remarks: tuple[Remark, ...] = ()
        self._most = most
        self._raw = bytearray()
        self._head = 0
        self._headed = self._whole = self._surplus = self._keeps = self._odd = self._chunked = False
        self._refused = False
        self._start_over()
        self._parser = httptools.HttpResponseParser(self)
        self._untidy: Untidy | None = None

    @property
    def kept(self) -> bool:
        """Whether its connection may carry another request."""
        return self._keeps and self._whole and self._untidy is None and not self._surplus

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
        """Read until the answer is whole, or longer than is wanted. Raises Broken, TimeoutError, other OSErrors."""
        try:
            while not self._whole and not self.more:
                if not self._read_on(source, deadline):
                    break
        finally:
            # each holds the other, and the collector of garbage need not be the one who parts them
            del self._parser
        if self._untidy is not None:
            self._take_over(self._untidy)
        elif self._surplus:
            self.remarks = (remark(SURPLUS),)

    def _read_on(self, source: Source, deadline: float) -> bool:
        """Read what comes next; say whether more is to come."""
        patience = min(deadline, time.monotonic() + _SILENCE) if self._raw else deadline
        try:
            data = source.receive(_AT_ONCE, patience)
        except (TimeoutError, BlockingIOError):
            if self._settled(hung_up=False):
                return False
            if time.monotonic() >= deadline:
                raise
            return True
        except OSError as error:
            if not self._raw and isinstance(error, ConnectionError):
                said = "The receiver reset the connection without an answer."
                raise Broken(ErrorKind.RESET, said, "nothing") from error
            if not self._settled(hung_up=False):
                raise
            return False
        if data:
            self._feed(data)
        elif not self._raw:
            said = "The receiver closed the connection without an answer."
            raise Broken(ErrorKind.RESET, said, "nothing")
        elif not self._settled(hung_up=True):
            raise self._by_hand().broken_off()
        return bool(data)

    def _feed(self, data: bytes) -> None:
        begins = not self._raw
        self._raw += data
        if self._untidy is None and not self._parsed(data, begins=begins):
            self._by_hand()
        elif self._untidy is not None:
            self._untidy.feed(data)
        if self._untidy is not None:
            self._whole = self._untidy.whole or self._untidy.bodiless
            self.more = self._untidy.more

    def _parsed(self, data: bytes, *, begins: bool) -> bool:
        """Have llhttp parse what came; say whether that is tidy, and within its bounds."""
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
        # what is not a whole header yet counts, too
        head = self._head if self._headed else len(self._raw)
        bounded = head <= MAX_HEAD and len(self._headers) <= MAX_HEADERS and len(self._raw) <= MAX_READ
        return bounded and not self._odd

    def _has_line_ends_after(self, data: bytes) -> bool:
        """Say whether line ends follow a whole answer: llhttp skips them without a word."""
        if self._body and not self._chunked:
            return not data.endswith(self._body[-1])
        return data.endswith(b"\r\n\r\n\r\n")

    def _by_hand(self) -> Untidy:
        if self._untidy is None:
            self._untidy = Untidy(self._most)
            self._untidy.feed(bytes(self._raw))
        return self._untidy

    def _settled(self, *, hung_up: bool) -> bool:
        return self._by_hand().settled(hung_up=hung_up)

    def _take_over(self, untidy: Untidy) -> None:
        self._start_over()
        self.status, self.more = untidy.status, untidy.more
        self.remarks = untidy.remarks or ((remark("framing.other"),) if self._refused else ())
        self._reason.append(untidy.reason)
        self._headers += untidy.headers
        self._body.append(bytes(untidy.body))

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
            self._keeps = self._parser.should_keep_alive()
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
    """Read what a head says: as UTF-8 where it is that, else as Latin-1, which everything is."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
