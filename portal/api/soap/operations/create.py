"""create: make records."""

from collections.abc import Sequence
from typing import Any

from portal.api.entities.changing import create
from portal.api.entities.record import Record
from portal.api.soap.batches import run_batch
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ArrayOfEntity, ATWSResponse


class Create:
    name = "create"
    is_open = False
    parameters: Parameters = (("Entities", ArrayOfEntity),)
    result = ATWSResponse

    def run(self, call: Call, /, *arguments: Sequence[Record] | None) -> Any:
        (records,) = arguments
        return run_batch(call, create, records or (), action="Created", failure="Error creating entity")
