"""Decompresses the body of an answer that came compressed unasked, with limits on size and work."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.verdicts import Remark
from portal.http.remarks import remark

_PLAIN = frozenset({"", "identity", "chunked"})
_GZIP_OR_ZLIB, _RAW = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
# RFC 9110, 8.4.1.2: "deflate" means zlib's format, and many send the raw one
_WAYS = {"gzip": (_GZIP_OR_ZLIB,), "x-gzip": (_GZIP_OR_ZLIB,), "deflate": (_GZIP_OR_ZLIB, _RAW)}
_MOST_CODINGS = 3


@dataclass(frozen=True, slots=True)
class Decompressed:
    body: bytes
    more: bool = False
    remark: Remark | None = None


def codings(values: Iterable[str]) -> tuple[str, ...]:
    """Return the codings named by Content-Encoding and Transfer-Encoding headers, in order, without plain ones."""
    named = [each.partition(";")[0].strip().lower() for value in values for each in value.split(",")]
    return tuple(each for each in named if each not in _PLAIN)


def decompress(body: bytes, encodings: tuple[str, ...], most: int, *, more: bool = False) -> Decompressed:
    """Decompress a body, up to ``most`` bytes. What can't be decompressed stays as it came, with a remark.

    ``more`` says that the body itself was not read to its end.
    """
    if not body or not encodings:
        return Decompressed(body, more)
    if len(encodings) > _MOST_CODINGS or not _WAYS.keys() >= set(encodings):
        return Decompressed(body, more, remark("encoding.unknown"))
    plain, whole = body, True
    for coding in reversed(encodings):
        found = _inflated(plain, _WAYS[coding], most)
        if found is None:
            return Decompressed(body, more, remark("encoding.not-as-said"))
        plain, whole = found[0][:most], found[1] and whole
        more = more or len(found[0]) > most
    return Decompressed(plain, more, None if whole or more else remark("encoding.cut-off"))


def _inflated(body: bytes, ways: tuple[int, ...], most: int) -> tuple[bytes, bool] | None:
    """Return up to one byte more than ``most``, and whether the stream was complete; None if it is invalid."""
    for bits in ways:
        plain, rest, whole = b"", body, False
        try:
            while rest and len(plain) <= most:
                member = zlib.decompressobj(bits)
                plain += member.decompress(rest, most + 1 - len(plain))
                rest, whole = member.unused_data, member.eof
                if not whole:
                    break
        except zlib.error:
            # what follows a complete stream is not read
            if whole:
                return plain, True
            continue
        if whole or (plain and bits != _RAW):
            return plain, whole
    return None
