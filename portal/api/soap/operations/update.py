"""update: change records, each named by its id. Fields that are not given stay as they are."""

from collections.abc import Sequence
from typing import Any

from portal.api.entities import Entity
from portal.api.entities.record import Made, Record
from portal.api.soap.batches import run_batch
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ArrayOfEntity, ATWSResponse
from portal.api.work import Work


class Update:
    name = "update"
    is_open = False
    parameters: Parameters = (("Entities", ArrayOfEntity),)
    result = ATWSResponse

    def run(self, call: Call, /, *arguments: Sequence[Record] | None) -> Any:
        (records,) = arguments
        return run_batch(call, _update, records or (), action="Updated", failure="Error updating entity")


def _update(entity: Entity, work: Work, record: Record) -> Made:
    return entity.update(work, record)
