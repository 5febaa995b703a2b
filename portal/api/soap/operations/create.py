"""create: make records."""

from collections.abc import Sequence
from typing import Any

from portal.api.entities import Entity
from portal.api.entities.record import Made, Record
from portal.api.soap.batches import run_batch
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ArrayOfEntity, ATWSResponse
from portal.api.work import Work


class Create:
    name = "create"
    is_open = False
    parameters: Parameters = (("Entities", ArrayOfEntity),)
    result = ATWSResponse

    def run(self, call: Call, /, *arguments: Sequence[Record] | None) -> Any:
        (records,) = arguments
        return run_batch(call, _create, records or (), action="Created", failure="Error creating entity")


def _create(entity: Entity, work: Work, record: Record) -> Made:
    return entity.create(work, record)
