"""What a callout says, whatever format it came in."""

from collections.abc import Mapping
from dataclasses import dataclass

FIELDS = ("id", "number", "status", "created_datetime", "last_activity_datetime", "domain", "udf")


@dataclass(frozen=True)
class Callout:
    """The seven values. One that didn't come is empty."""

    id: str = ""
    number: str = ""
    status: str = ""
    created_datetime: str = ""
    last_activity_datetime: str = ""
    domain: str = ""
    udf: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> "Callout":
        return cls(**{name: fields.get(name, "") for name in FIELDS})

    @property
    def says_complete(self) -> bool:
        return self.status.strip().casefold() == "complete"
