"""What comes of sending a request: an answer, or none."""

from dataclasses import dataclass
from enum import StrEnum

from mock_rmm.sending.plain import one_line, printable

QUOTED = "{said}"


class Kind(StrEnum):
    """The class of a failure, in one word."""

    DNS = "dns"
    CONNECT = "connect"
    TIMEOUT = "timeout"
    TLS = "tls"
    RESET = "reset"
    PROTOCOL = "protocol"
    REDIRECT = "redirect"
    HTTP = "http"
    FAULT = "fault"


@dataclass(frozen=True)
class Answered:
    status: int
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    more: bool = False
    """There was more of the body than is read."""

    def header(self, name: str) -> str:
        """A header's first value; `name` is in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True)
class NoAnswer:
    """No whole answer came, and why."""

    kind: Kind
    reason: str
    """A sentence, perhaps with a place for what was said."""
    said: str = ""
    """As it came: folded or cut, a secret in it would not be found any more."""

    @property
    def sentence(self) -> str:
        return printable(self.reason.replace(QUOTED, one_line(self.said)))
