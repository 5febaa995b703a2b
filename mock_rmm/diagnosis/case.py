"""All that is known of one request when it is diagnosed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from mock_rmm.callout import FIELDS
from mock_rmm.credentials import Credentials
from mock_rmm.diagnosis.seen import Seen, see
from mock_rmm.endpoints.endpoint import Arrival, Endpoint
from mock_rmm.endpoints.kinds import LENIENT, NAME_VALUE, STRICT
from mock_rmm.endpoints.receiver import POSITIONAL, Contract, Receiver

if TYPE_CHECKING:
    from mock_rmm.journal import Entry


@dataclass(frozen=True)
class Case:
    receiver: Receiver
    """The one whose endpoint read it; where the HTTP method fits none, any of that address."""
    endpoint: Endpoint
    arrival: Arrival
    now: datetime
    methods: tuple[str, ...] = ("POST",)
    """The HTTP methods that the address accepts."""
    whole: bool = True
    """Whether all of the body is here."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Those of the seven that were read."""
    problem: str = ""
    """Why it is refused, if it is."""
    credentials: Credentials | None = None
    """Those that are required, if any are."""
    earlier: tuple["Entry", ...] = ()
    """The requests that had the same webhook-id, oldest first."""

    @cached_property
    def seen(self) -> Seen:
        return see(
            self.arrival,
            self.endpoint.charset(self.arrival),
            in_query=self.endpoint.kind.method == "GET",
            is_form=self.format == NAME_VALUE and bool(self.fields),
        )

    @property
    def contract(self) -> Contract | None:
        """What the receiver insists on; a lenient one on nothing."""
        return None if self.receiver.mode == LENIENT else self.receiver.contract

    @property
    def exact(self) -> bool:
        """Whether the contract refuses what isn't in it; name value pairs ignore that."""
        return self.receiver.mode == STRICT and self.format != NAME_VALUE

    @property
    def came_as_wanted(self) -> bool:
        """Whether there is content of the right format to look into."""
        return self.arrival.method in self.methods and self.seen.kind == self.format and not self.seen.trouble

    @cached_property
    def came(self) -> dict[str, str]:
        """Those of the seven that were sent under their right names, or in their places."""
        values = self.seen.values
        if self.seen.style == POSITIONAL:
            return dict(zip(FIELDS, (value.text for value in values), strict=False))
        return {value.name: value.text for value in values if value.name in FIELDS}

    @property
    def format(self) -> str:
        """The Data Format of this address, in the terms of `Seen.kind`."""
        return self.endpoint.kind.content

    def header(self, wanted: str) -> str | None:
        """A header, without the spaces around it; None if it didn't come."""
        text = self.arrival.header(wanted)
        return None if text is None else text.strip()
