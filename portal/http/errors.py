"""Why there is no usable answer: it was cut off, exceeds a limit, or belongs to another protocol."""

import re
from typing import Literal

from portal.core.verdicts import ErrorKind, Unreachable
from portal.core.wire import one_line

ForeignProtocol = Literal["", "nothing", "TLS", "HTTP/2"]
# RFC 9113: lengths of SETTINGS are multiples of six, and stream 0 is the connection itself
_HTTP2 = re.compile(rb"\0[\0-\x40].(?:\x04[\0\1]|\x07.)\0{4}", re.DOTALL)
_TLS = re.compile(rb"[\x15\x16]\x03[\0-\x04]")


class ResponseError(Exception):  # carries an outcome out of the parser
    """No complete answer came, for the reason in ``outcome``. ``speaks`` is the protocol that came instead."""

    def __init__(self, kind: ErrorKind, text: str, speaks: ForeignProtocol = "") -> None:
        super().__init__(text)
        self.outcome = Unreachable(kind, text)
        self.speaks = speaks


def not_http(data: bytes) -> ResponseError:
    """Return the error for a receiver that does not speak HTTP/1.1."""
    if _TLS.match(data):
        return ResponseError(ErrorKind.TLS, "The receiver answered with TLS.", "TLS")
    if _HTTP2.match(data):
        return ResponseError(ErrorKind.PROTOCOL, "The receiver answered with HTTP/2.", "HTTP/2")
    begins = "".join(each if each.isprintable() else " " for each in data[:80].decode("latin-1"))
    return ResponseError(
        ErrorKind.PROTOCOL, f"The receiver's answer is not HTTP: it begins with “{one_line(begins, 60)}”."
    )
