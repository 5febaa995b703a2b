"""One call: who it comes from and where it came to."""

from dataclasses import dataclass
from typing import Any

from portal.core.actors import Context

# Names and Spyne types of the elements that a call holds.
Parameters = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``context`` is None only for operations that are open to everybody.

    ``address`` and ``pages`` are where the caller found the web services and would find the portal's pages.
    """

    context: Context | None
    address: str
    pages: str

    @property
    def signed_in(self) -> Context:
        """The context of a caller who has signed in."""
        if self.context is None:
            raise PermissionError("an operation that is not open was called without credentials")
        return self.context
