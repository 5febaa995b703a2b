"""Reads one HTTP/1.1 answer from a connection: bounded in size, and forgiving of what does no harm.

The parsing is llhttp's, through httptools. Receivers are old and odd, so bare line feeds, folded headers and
control characters are taken: an answer is read by nobody but the portal, so there is nothing to smuggle past.
What comes after an answer is not taken for the next one's beginning: its connection is not used again.
"""

from typing import Protocol

import httptools

from portal.core.verdicts import ErrorKind, Unreachable

_MAX_HEAD, _MAX_HEADERS = 64 * 1024, 100
_AT_ONCE = 64 * 1024
_SWITCHING, _FINAL = 101, 200


class Broken(Exception):  # noqa: N818 - carries a value out of the reading, and is no error of ours
    """No whole answer came, for the reason in ``outcome``."""

    def __init__(self, kind: ErrorKind, text: str) -> None:
        super().__init__(text)
        self.outcome = Unreachable(kind, text)


class Source(Protocol):
    def receive(self, most: int, deadline: float) -> bytes:
        """Give what has come, nothing at its end. Raises TimeoutError beyond the deadline."""


class Answer:
    """One answer, and what httptools calls while it reads it."""

    def __init__(self, most: int) -> None:
        self.status = 0
        self.more = False
        self._most = most
        self._read = self._head = 0
        self._headed = self._whole = self._surplus = self._keeps = False
        self._start_over()
        self._parser = parser = httptools.HttpResponseParser(self)
        parser.set_dangerous_leniencies(
            lenient_headers=True,
            lenient_chunked_length=True,
            lenient_optional_cr_before_lf=True,
            lenient_spaces_after_chunk_size=True,
        )

    @property
    def kept(self) -> bool:
        """Whether its connection may carry another request."""
        return self._keeps and self._whole and not self._surplus

    @property
    def body(self) -> bytes:
        return b"".join(self._body)

    @property
    def reason(self) -> str:
        return b"".join(self._reason).decode("latin-1")

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers)

    def read(self, source: Source, deadline: float) -> None:
        """Read until the answer is whole, or longer than is wanted."""
        try:
            while not self._whole and not self.more:
                data = source.receive(_AT_ONCE, deadline)
                if not data:
                    self._end()
                    return
                self._feed(data)
        finally:
            # each holds the other, and the collector of garbage need not be the one who parts them
            del self._parser

    def _feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            raise Broken(
                ErrorKind.PROTOCOL, "The receiver's answer is not HTTP (it switches protocols)."
            ) from upgrade
        except httptools.HttpParserError as error:
            if not self._whole:
                said = f"The receiver's answer is not HTTP ({error})."
                raise Broken(ErrorKind.PROTOCOL, said) from error
            self._surplus = True
        # what is not a whole header yet counts, too
        self._read += len(data)
        if self._head > _MAX_HEAD or (not self._headed and self._read > _MAX_HEAD):
            raise Broken(ErrorKind.PROTOCOL, "The head of the receiver's answer is longer than 64 KiB.")
        if len(self._headers) > _MAX_HEADERS:
            said = f"The receiver's answer has more than {_MAX_HEADERS} headers."
            raise Broken(ErrorKind.PROTOCOL, said)

    def _end(self) -> None:
        """Judge what there is when the receiver hangs up."""
        if not self._read and not self._headed:
            raise Broken(ErrorKind.RESET, "The receiver closed the connection without an answer.")
        known = {name.lower() for name, _ in self._headers} & {b"content-length", b"transfer-encoding"}
        if known or not self._headed:
            raise Broken(ErrorKind.PROTOCOL, "The receiver's answer broke off before its end.")

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
            self._headed = self.status >= _FINAL or self.status == _SWITCHING
            self._keeps = self._parser.should_keep_alive()

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
