"""What is sent: where to, under which names, and the request that comes of it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from mock_rmm.settings import LONGEST_PORT

_NEVER_IN_A_URL = re.compile(r"[\s\x00-\x1f\x7f\\\ud800-\udfff]")


@dataclass(frozen=True)
class Target:
    """What the General tab of the callout's editor says besides transport method and format."""

    url: str
    method: str = ""
    soap_action: str = ""
    override: str = ""
    """The namespace, where it isn't the SOAP Action without the Method Name."""

    @property
    def namespace(self) -> str:
        """With the slash before the method: an .asmx service reads seven empty values without it."""
        if self.override or not self.method:
            return self.override or self.soap_action
        return self.soap_action.replace(self.method, "")


@dataclass(frozen=True)
class Request:
    """An HTTP request, without the headers that all callouts have."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    replaced: int = 0
    """How many characters the format can't carry; U+FFFD goes in their place."""


def url_problem(url: str) -> str:
    """Why a callout can't be sent there, if it can't."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").encode("ascii" if "[" in url else "idna")
    except ValueError:
        return "is not a URL. Write it whole, for example https://rmm.example/callouts."
    if _NEVER_IN_A_URL.search(url):
        return "holds a space, a backslash or a control character. Write a space as %20."
    if parts.scheme.lower() not in {"http", "https"} or not host:
        return "is not absolute. Begin with http:// or https:// and a host."
    if "@" in parts.netloc:
        return "holds a user name or password. Take it out, and give --username and --password."
    if "#" in url:
        return "has a part after #, which no server is ever sent. Take it out."
    if port is not None and not 0 < port <= LONGEST_PORT:
        return f"has a port that isn't from 1 to {LONGEST_PORT}."
    return ""
