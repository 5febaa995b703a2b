"""Bodies that a client has packed (RFC 9110, 8.4), unpacked within the bounds of plain ones."""

import zlib
from typing import Final

# What is taken: x-gzip is gzip's older name.
TAKEN: Final = ("gzip", "deflate")
TOO_LARGE = 413
_MOST_CODINGS = 3
# Each has a start of its own, so thousands of empty ones would cost more than their bytes.
_MOST_MEMBERS = 100
_GZIP, _ZLIB, _RAW = 31, 15, -15


class Refused(Exception):  # noqa: N818 (a verdict on a body)
    """It can't be unpacked: the status to answer with, and why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def unpacked(body: bytes, content_encoding: str, most: int) -> bytes:
    """Give a body as it was before it was packed, of at most so many bytes. Raises Refused."""
    codings = [each.strip().lower().removeprefix("x-") for each in content_encoding.split(",")]
    codings = [each for each in codings if each not in {"", "identity"}]
    if len(codings) > _MOST_CODINGS or any(each not in TAKEN for each in codings):
        what = f"The Content-Encoding {content_encoding[:40]!a} isn't known here"
        raise Refused(415, f"{what}: send {' or '.join(TAKEN)}, or none.")
    for coding in reversed(codings):
        body = _unpack(body, coding, most)
    return body


def _unpack(body: bytes, coding: str, most: int) -> bytes:
    if coding == "gzip":
        return _inflate(body, _GZIP, coding, most)
    try:
        return _inflate(body, _ZLIB, coding, most)
    except Refused as refused:
        if refused.status == TOO_LARGE:
            raise
        # what some clients call deflate has no frame of zlib's
        return _inflate(body, _RAW, coding, most)


def _inflate(rest: bytes, frame: int, coding: str, most: int) -> bytes:
    out = bytearray()
    for _ in range(_MOST_MEMBERS):
        unpacker = zlib.decompressobj(frame)
        try:
            out += unpacker.decompress(rest, most + 1 - len(out))
        except zlib.error:
            raise Refused(400, f"The body is not {coding}, as its Content-Encoding says.") from None
        if len(out) > most:
            raise Refused(TOO_LARGE, f"The body is larger than {most:,} bytes.")
        if not unpacker.eof:
            raise Refused(400, f"The body breaks off: its {coding} has no end.")
        rest = unpacker.unused_data
        if not rest:
            return bytes(out)
        if frame != _GZIP:
            break
    raise Refused(400, f"There is more behind the body's {coding}.")
