"""One call: who it comes from and where it came to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.core.actors import Actor

# Names and Spyne types of the elements that a call holds.
Parameters = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``caller`` is None only for operations that are open to everybody.

    ``address`` and ``pages`` are where the caller found the web services and would find the portal's pages.
    """

    caller: Actor | None
    address: str
    pages: str
    now: datetime
    domain: str

    @property
    def actor(self) -> Actor:
        if self.caller is None:
            raise PermissionError("an operation that is not open was called by a stranger")
        return self.caller
