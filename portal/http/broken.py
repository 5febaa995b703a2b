"""Why an answer is none: it broke off, went beyond its bounds, or is another protocol's."""

import re
from typing import Literal

from portal.core.verdicts import ErrorKind, Unreachable
from portal.core.wire import one_line

Speaks = Literal["", "nothing", "TLS", "HTTP/2"]
# RFC 9113: lengths of SETTINGS are multiples of six, and stream 0 is the connection itself
_HTTP2 = re.compile(rb"\0[\0-\x40].(?:\x04[\0\1]|\x07.)\0{4}", re.DOTALL)
_TLS = re.compile(rb"[\x15\x16]\x03[\0-\x04]")


class Broken(Exception):  # noqa: N818 - carries a value out of the reading, and is no error of ours
    """No whole answer came, for the reason in ``outcome``. ``speaks`` is what the receiver spoke instead."""

    def __init__(self, kind: ErrorKind, text: str, speaks: Speaks = "") -> None:
        super().__init__(text)
        self.outcome = Unreachable(kind, text)
        self.speaks = speaks


def not_http(data: bytes) -> Broken:
    """Say what a receiver spoke that does not speak HTTP/1.1."""
    if _TLS.match(data):
        return Broken(ErrorKind.TLS, "The receiver answered with TLS.", "TLS")
    if _HTTP2.match(data):
        return Broken(ErrorKind.PROTOCOL, "The receiver answered with HTTP/2.", "HTTP/2")
    begins = "".join(each if each.isprintable() else " " for each in data[:80].decode("latin-1"))
    return Broken(
        ErrorKind.PROTOCOL, f"The receiver's answer is not HTTP: it begins with “{one_line(begins, 60)}”."
    )
