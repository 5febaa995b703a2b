"""The answers that operations give, as Spyne's types."""

from collections.abc import Iterable, Sequence
from typing import Any

from portal.api.entities.kinds import printable
from portal.api.entities.record import Made
from portal.api.entities.told import Told
from portal.api.soap.types import TYPES, ATWSError, ATWSResponse, EntityReturnInfo, UserDefinedField

_SUCCESS, _FAILURE = 1, -1


def found(entity: str, records: Sequence[Told]) -> Any:
    return ATWSResponse(
        ReturnCode=_SUCCESS, EntityResults=[_entity(each) for each in records], EntityResultType=entity
    )


def done(action: str, made: Sequence[Made], records: Sequence[Told]) -> Any:
    """Tell what was made of each record, and what the records hold now."""
    return ATWSResponse(
        ReturnCode=_SUCCESS,
        EntityResults=[_entity(each) for each in records],
        EntityResultType=records[0].entity if records else None,
        EntityReturnInfoResults=[
            EntityReturnInfo(EntityId=each.id, DatabaseAction=action, Message=_remark(each)) for each in made
        ],
    )


def refused(sentences: Iterable[str]) -> Any:
    return ATWSResponse(
        ReturnCode=_FAILURE, Errors=[ATWSError(Message=printable(sentence)) for sentence in sentences]
    )


def _remark(made: Made) -> str | None:
    if not made.not_kept:
        return None
    return f"This portal does not keep {', '.join(made.not_kept)}."


def _entity(told: Told) -> Any:
    entity = TYPES[told.entity](**told.values)
    if told.udfs:
        entity.UserDefinedFields = [
            UserDefinedField(Name=printable(name), Value=value) for name, value in told.udfs.items()
        ]
    return entity
