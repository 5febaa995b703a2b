"""One thing that the JSON API can be asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from mock_rmm.api.answers import Error


@dataclass(frozen=True)
class Reply:
    """An answer with another status than 200, or with headers."""

    answer: Struct
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(
    status: int,
    sentence: str,
    problems: dict[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    return Reply(Error(sentence, problems), status, headers or {})


def wrong(problems: dict[str, str]) -> Reply:
    return refusal(400, "Some values are missing or wrong; see fields.", problems)


@dataclass(frozen=True)
class Operation:
    method: str
    path: str  # as OpenAPI writes it, with {name} for what varies
    group: str
    summary: str
    handler: Callable[..., Any]
    """Called with what varies in the path, then with the query or the body; gives an answer, a refusal or nothing."""
    answers: Mapping[int, str]  # what each status means. Those that any operation may answer are left out.
    gives: Any = None  # the type of a success's answer
    takes: type[Struct] | None = None  # the type of the body
    example: Any = None  # a body to try
    query: type[Struct] | None = None  # the type of the query string
    media: str = "application/json"  # the media type of a success's answer

    @property
    def id(self) -> str:
        words = self.path.removeprefix("/api/").translate(str.maketrans("/.", "--", "{}"))
        return f"{self.method.lower()}-{words}"

    @property
    def names(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
