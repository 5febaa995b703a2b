"""A lenient parser for HTTP answers whose head or framing breaks HTTP/1.1; a remark records each deviation.

Receivers are old and odd, and a complete answer counts. Only the portal reads an answer, so nothing can be smuggled
past it. The rules are those of RFC 9112; where it says "reject", the more cautious reading is used. An answer is
complete at

- the length that it announces; the greatest, where it announces several;
- its last chunk, whatever follows that;
- the end of the connection, where it announces neither;
- the end of its XML root, whatever was announced: nothing after it matters.
"""

import re
from collections.abc import Generator

from portal.core.verdicts import ErrorKind, Remark
from portal.core.wire import closed_root
from portal.http.decompression import codings, decompress
from portal.http.errors import ResponseError, not_http
from portal.http.remarks import SURPLUS, remark

MAX_HEAD, MAX_HEADERS = 64 * 1024, 100
# of everything read, including the sizes and extensions of chunks: a body in chunks of one byte fits
MAX_READ = 1024 * 1024
SWITCHING, FINAL = 101, 200
BODILESS = frozenset({204, 304})

Reading = Generator[None, None, None]

_BEGINS = re.compile(rb"HTTP|ICY[ \t]", re.IGNORECASE)
_STATUS = re.compile(
    rb"(?:HTTP(?:/\d+(?:\.\d+)?)?|ICY)[ \t]+([1-9]\d\d)(?!\d)[ \t]*(.*)", re.IGNORECASE | re.DOTALL
)
_TIDY_STATUS = re.compile(rb"HTTP/1\.[01] \d{3}(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_WHITE = b" \t\r\x0b\x0c"
_HEAD_ENDS, _HEAD_ENDS_IN_CR = re.compile(rb"\n\r*\n"), re.compile(rb"\r\r(?![\r\n])")
_BACK = 8
# of a Content-Length: more than any real one has
_MOST_DIGITS = 30
_LENGTH = re.compile(r"\+?([0-9]+)")
_CHUNK_BEGINS = re.compile(rb"[ \t]*([0-9A-Fa-f]{0,16})[ \t]*(?:\Z|[;\r\n])")
_EXTENSION = rb"[ \t]*+;[ \t]*+[^\s;=\"]++(?:[ \t]*+=[ \t]*+(?:[^\s;=\"]++|\"[^\"\r\n]*+\"))?"
_TIDY_CHUNK = re.compile(rb"[0-9A-Fa-f]+(?:" + _EXTENSION + rb")*+\r\n")


class LenientParser:
    """One answer. ``feed`` it all data from the first byte; the cost does not depend on the number of pieces."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self.reason = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.more = self.whole = self.bodiless = False
        self._most = most
        self._size = self._read = self._seen = 0
        self._headed = self._chunked = self._last = self._over = False
        self._lengths: set[int] = set()
        self._codes: dict[str, None] = {}
        self._rest = bytearray()
        self._reading = self._answer()
        next(self._reading)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return tuple(map(remark, self._codes))

    def feed(self, data: bytes) -> None:
        """Parse more data. Raises ResponseError for what can't become an answer."""
        self._read += len(data)
        self._rest += data
        self._advance()
        if not self._headed:
            _bound_head(self._read)
        if self._read > MAX_READ and not self.more:
            if not self.is_complete(closed=False):
                said = (
                    "The receiver's answer has more than 1 MiB of chunk sizes and extensions around its body."
                )
                raise ResponseError(ErrorKind.PROTOCOL, said)
            self.whole = True

    def is_complete(self, *, closed: bool) -> bool:
        """Return whether the answer is complete even if nothing more comes; add a remark on what is missing.

        ``closed``: the receiver closed the connection in order.
        """
        if not self._headed and closed:
            self._over = True
            self._advance()
        if self.whole or self.bodiless or not self._headed:
            return self.whole or self.bodiless
        if self._last or (closed and self._chunked and self._rest.strip() == b"0"):
            self._codes["framing.after-last-chunk"] = None
            return True
        if self._lengths and not self._chunked:
            if self._size in self._lengths:
                return True
        elif closed and not self._chunked and "framing.not-chunked" not in self._codes:
            return True
        encodings = codings(self._values(b"content-encoding") + self._values(b"transfer-encoding"))
        if closed_root(decompress(bytes(self.body), encodings, self._most).body):
            self._codes["framing.broken-off"] = None
            return True
        return False

    def truncation_error(self) -> ResponseError:
        """Return the error for a connection that was closed before the answer was complete."""
        said = "The receiver's answer broke off before its end."
        if "framing.not-chunked" in self._codes:
            said = "The receiver's answer is not HTTP (it says that it comes in chunks, and does not)."
        return ResponseError(ErrorKind.PROTOCOL, said)

    def _advance(self) -> None:
        if not self.whole and next(self._reading, True):
            self.whole = True
            if self._rest:
                self._codes[SURPLUS] = None

    def _answer(self) -> Reading:
        while self.status < FINAL:
            self.headers.clear()
            yield from self._head()
            if self.status == SWITCHING:
                raise ResponseError(
                    ErrorKind.PROTOCOL, "The receiver's answer is not HTTP (it switches protocols)."
                )
        self._headed = True
        self._frame()
        if self.status in BODILESS:
            self.bodiless = True
            self._codes |= {"framing.body-unexpected": None} if self._rest else {}
        if self._chunked:
            yield from self._chunks()
        if not self._chunked:
            yield from self._take(max(self._lengths, default=None))

    def _head(self) -> Reading:
        while not (found := self._head_end()):
            yield
        head = bytes(self._rest[: found.end()])
        del self._rest[: found.end()]
        self._seen = 0
        _bound_head(len(head))
        if not head.count(b"\r\n") == head.count(b"\n") == head.count(b"\r"):
            self._codes["head.line-ends"] = None
        lines = [each.strip(b"\r") for each in head.split(b"\n" if b"\n" in head else b"\r")]
        status = _STATUS.fullmatch(lines[0].strip(_WHITE))
        if status is None:
            raise not_http(lines[0])
        if not _TIDY_STATUS.fullmatch(lines[0]):
            self._codes["head.status-line"] = None
        self.status, self.reason = int(status[1]), status[2].strip(_WHITE)
        for line in filter(None, lines[1:]):
            self._header(line)
        if len(self.headers) > MAX_HEADERS:
            said = f"The receiver's answer has more than {MAX_HEADERS} headers."
            raise ResponseError(ErrorKind.PROTOCOL, said)

    def _head_end(self) -> re.Match[bytes] | None:
        """Find where the head ends, if its end has come; only new data is searched."""
        if not self._seen:
            text = self._rest.lstrip(b"\r\n \t")
            if not text:
                return None
            if len(text) < len(self._rest):
                self._codes["head.blank-lines"] = None
                self._rest = text
        # data that is not HTTP may never reach the end of a head
        if not _BEGINS.match(self._rest) and (len(self._rest) >= len(b"HTTP") or self._over):
            raise not_http(bytes(self._rest))
        since, self._seen = max(0, self._seen - _BACK), len(self._rest)
        old = _HEAD_ENDS_IN_CR.search(self._rest, since)
        if old and b"\n" not in self._rest[: old.start()] and (old.end() < self._seen or self._over):
            return old
        return _HEAD_ENDS.search(self._rest, since)

    def _header(self, line: bytes) -> None:
        name, colon, value = line.partition(b":")
        if line[:1] in {b" ", b"\t"}:
            self._codes["head.folded"] = None
            if self.headers:
                name, value = self.headers.pop()
                value += b" " + line.strip(_WHITE)
        elif not colon:
            self._codes["head.no-colon"] = None
        elif not _TOKEN.fullmatch(name):
            self._codes["head.name"] = None
        if _CONTROLS.search(value):
            self._codes["head.control-characters"] = None
        self.headers.append((name.strip(_WHITE), value.strip(_WHITE)))

    def _values(self, wanted: bytes) -> list[str]:
        return [value.decode("latin-1") for name, value in self.headers if name.lower() == wanted]

    def _frame(self) -> None:
        """Determine from the head how the body is framed."""
        stated = self._values(b"content-length")
        for each in (part.strip() for value in stated for part in value.split(",")):
            number = _LENGTH.fullmatch(each)
            if number is None:
                self._codes["framing.length-unreadable"] = None
                continue
            self._lengths.add(int(number[1][:_MOST_DIGITS]))
            if number[0] != number[1]:
                self._codes["framing.length-syntax"] = None
        if len(self._lengths) > 1:
            self._codes["framing.lengths-differ"] = None
        elif len(stated) > 1 or any("," in each for each in stated):
            self._codes["framing.two-lengths"] = None
        ways = self._values(b"transfer-encoding")
        named = [part.partition(";")[0].strip().lower() for way in ways for part in way.split(",")]
        self._chunked = "chunked" in named
        if ways and named != ["chunked"]:
            self._codes["framing.transfer-encoding"] = None
        if self._chunked and stated:
            self._codes["framing.length-and-chunked"] = None

    def _chunks(self) -> Reading:
        while not self._last:
            size = yield from self._chunk_size()
            if size is None:
                self._no_size()
                return
            yield from self._take(self._size + size)
            self._last = not size
            if size:
                yield from self._data_end()
        while line := (yield from self._line()).rstrip(b"\r\n"):
            if len(self.headers) < MAX_HEADERS:
                self._header(line)

    def _chunk_size(self) -> Generator[None, None, int | None]:
        """Return the size in the next line; None if it has none."""
        while (begins := _CHUNK_BEGINS.match(self._rest)) and b"\n" not in self._rest:
            yield
        if not begins or not begins[1]:
            return None
        size, line = int(begins[1], 16), (yield from self._line())
        if not _TIDY_CHUNK.fullmatch(line):
            self._codes["framing.chunk-syntax"] = None
        return size

    def _data_end(self) -> Reading:
        """Read the line end that follows a chunk's data."""
        while not self._rest or self._rest == b"\r":
            yield
        if self._rest.startswith(b"\r\n"):
            del self._rest[:2]
            return
        self._codes["framing.chunk-syntax"] = None
        if self._rest.startswith(b"\n"):
            del self._rest[:1]

    def _no_size(self) -> None:
        if self._size:
            if self.is_complete(closed=False):
                return
            said = "The receiver's answer is not HTTP (the size of a chunk can't be read)."
            raise ResponseError(ErrorKind.PROTOCOL, said)
        self._codes["framing.not-chunked"] = None
        self._codes.pop("framing.length-and-chunked", None)
        self._chunked = False

    def _line(self) -> Generator[None, None, bytes]:
        """Return the next line, with its line end."""
        while not (end := self._rest.find(b"\n") + 1):
            yield
        line = bytes(self._rest[:end])
        del self._rest[:end]
        return line

    def _take(self, end: int | None) -> Reading:
        """Read the body up to a size, or until the connection ends."""
        while True:
            count = len(self._rest) if end is None else min(len(self._rest), end - self._size)
            self.body += self._rest[: min(count, self._most - len(self.body))]
            del self._rest[:count]
            self._size += count
            self.more = self._size > self._most
            if self._size == end:
                return
            yield


def _bound_head(size: int) -> None:
    if size > MAX_HEAD:
        raise ResponseError(ErrorKind.PROTOCOL, "The head of the receiver's answer is longer than 64 KiB.")
