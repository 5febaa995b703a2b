"""update: change records, each named by its id. Fields that were not sent stay as they are."""

from collections.abc import Sequence
from typing import Any

from portal.api.entities.changing import update
from portal.api.entities.record import Record
from portal.api.soap.batches import run_batch
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ArrayOfEntity, ATWSResponse


class Update:
    name = "update"
    is_open = False
    parameters: Parameters = (("Entities", ArrayOfEntity),)
    result = ATWSResponse

    def run(self, call: Call, /, *arguments: Sequence[Record] | None) -> Any:
        (records,) = arguments
        return run_batch(call, update, records or (), action="Updated", failure="Error updating entity")
