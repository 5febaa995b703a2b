"""All that is known of one request when it is diagnosed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from mock_rmm import editor
from mock_rmm.callout import FIELDS
from mock_rmm.credentials import Credentials
from mock_rmm.diagnosis.seen import NAME_VALUE, SOAP, XML_RPC, Seen, see
from mock_rmm.doors import Arrival, Door
from mock_rmm.receiver import LENIENT, POSITIONAL, STRICT, Contract, Receiver

if TYPE_CHECKING:
    from mock_rmm.journal import Entry

FORMATS = {"name-value-get": NAME_VALUE, "name-value-post": NAME_VALUE, "soap": SOAP, "xml-rpc": XML_RPC}
IN_EDITOR = {kind: editor.FORMATS[door][1] for door, kind in FORMATS.items()}
"""What the callout's editor calls them."""


@dataclass(frozen=True)
class Case:
    receiver: Receiver
    """The one whose door read it: one of the address's own where the HTTP method fits none."""
    door: Door
    arrival: Arrival
    now: datetime
    methods: tuple[str, ...] = ("POST",)
    """The HTTP methods that the address takes."""
    whole: bool = True
    """Whether all of the body is here."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Of the seven, those that were read."""
    problem: str = ""
    """Why it is refused, if it is."""
    credentials: Credentials | None = None
    """Those that are wanted, if any are."""
    earlier: tuple["Entry", ...] = ()
    """The requests that had the same webhook-id, oldest first."""

    @cached_property
    def seen(self) -> Seen:
        return see(
            self.arrival,
            self.door.charset(self.arrival),
            in_query=self.door.method == "GET",
            is_form=self.format == NAME_VALUE and bool(self.fields),
        )

    @property
    def contract(self) -> Contract | None:
        """What the receiver insists on; a lenient one does on nothing."""
        return None if self.receiver.mode == LENIENT else self.receiver.contract

    @property
    def exact(self) -> bool:
        """Whether the contract refuses what isn't in it: in name value pairs it passes over that."""
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
        """The Data Format of this address, as `Seen.kind` tells it."""
        return FORMATS[self.door.name]

    def header(self, wanted: str) -> str | None:
        """A header, without the spaces around it; None if it didn't come."""
        text = self.arrival.header(wanted)
        return None if text is None else text.strip()
