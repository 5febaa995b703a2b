"""The answers that operations give, as Spyne's types."""

from collections.abc import Iterable, Sequence
from typing import Any

from portal.api.entities.record import Made, Serialized
from portal.api.soap.types import TYPES, ATWSError, ATWSResponse, EntityReturnInfo, UserDefinedField
from portal.api.xml_text import printable

_SUCCESS, _FAILURE = 1, -1


def found(entity: str, records: Sequence[Serialized]) -> Any:
    return ATWSResponse(
        ReturnCode=_SUCCESS, EntityResults=[_entity(each) for each in records], EntityResultType=entity
    )


def done(action: str, made: Sequence[Made], records: Sequence[Serialized]) -> Any:
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


def _entity(record: Serialized) -> Any:
    entity = TYPES[record.entity](**record.values)
    if record.udfs:
        entity.UserDefinedFields = [
            UserDefinedField(Name=printable(name), Value=value) for name, value in record.udfs.items()
        ]
    return entity
