"""The operations of the web services API: one file an operation, and this literal list of them."""

from typing import Any, Protocol

from portal.api.soap.call import Call, Parameters
from portal.api.soap.operations.create import Create
from portal.api.soap.operations.get_zone_info import GetZoneInfo
from portal.api.soap.operations.query import Query
from portal.api.soap.operations.update import Update


class Operation(Protocol):
    """``is_open``: it needs no credentials. ``parameters`` are the call's elements: names and Spyne types."""

    name: str
    is_open: bool
    parameters: Parameters
    result: Any

    def run(self, call: Call, /, *arguments: Any) -> Any:
        """Carry the call out, in transactions of its own, and give the answer."""


OPERATIONS: dict[str, Operation] = {each.name: each for each in (GetZoneInfo(), Query(), Create(), Update())}
