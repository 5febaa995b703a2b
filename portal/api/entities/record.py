"""A record as a client sent it, as clients get it, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.core.problems import Invalid


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a client sent it: names and texts, before anybody asked what they mean.

    ``values`` and ``udfs`` are keyed by the API's names; None and "" both clear a field.
    """

    entity: str
    values: Mapping[str, str | None] = field(default_factory=dict)
    udfs: Mapping[str, str | None] = field(default_factory=dict)
    problem: str = ""
    """Why this can't be read as a record; then the rest is empty."""


@dataclass(frozen=True, slots=True)
class Serialized:
    """A record as clients get it. ``values`` are keyed by the API's names; ``udfs`` are in order.

    A value that is None is not set.
    """

    entity: str
    values: Mapping[str, Any]
    udfs: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a record. ``not_kept`` names the fields whose values the portal has no place for."""

    id: int
    not_kept: tuple[str, ...] = ()


class Refused(Exception):  # noqa: N818 - a verdict on a record, and reads so at the `except`
    """A record can't be accepted: one sentence for each reason."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("; ".join(sentences))
        self.sentences = sentences

    @classmethod
    def because_of(cls, invalid: Invalid, names: Mapping[str, str]) -> "Refused":
        """Tell the desk's reasons under the API's names of the fields."""
        return cls(
            *(
                f"{names[column]}: {problem}" if column in names else problem
                for column, problem in invalid.problems.items()
            )
        )
