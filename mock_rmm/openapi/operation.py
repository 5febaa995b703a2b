"""One thing that the JSON API can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    """As OpenAPI writes it, with {name} for what varies."""
    group: str
    summary: str
    answers: Mapping[int, str]
    """What each status means. Those that any operation may answer are left out."""
    gives: str = ""
    """The schema of what a success gives; empty when it gives nothing."""
    takes: str = ""
    """The schema of the body; empty when there is none."""
    example: Any = None
    """A body to try."""
    query: Mapping[str, str] | None = None
    """The parameters of the query string, each with what it says."""
    media: str = "application/json"
    """What a success is."""

    @property
    def id(self) -> str:
        words = self.path.removeprefix("/api/").translate(str.maketrans("/.", "--", "{}"))
        return f"{self.method.lower()}-{words}"

    @property
    def names(self) -> list[str]:
        """What varies in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
