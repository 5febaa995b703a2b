"""Records as clients get them: typed values under the API's names, for a protocol to write."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from portal.api.entities.entity import Entity
from portal.api.entities.record import Serialized
from portal.models import Udf


def read(session: Session, entity: Entity, ids: Sequence[int]) -> list[Serialized]:
    """Give the records with these ids, by id, as they are in the database now."""
    query = select(entity.model).where(entity.model.id.in_(ids)).order_by(entity.model.id)
    if entity.has_udfs:
        query = query.options(selectinload(entity.model.udf_values))
    udfs = active_udfs(session, entity)
    rows = session.scalars(query.execution_options(populate_existing=True))
    return [serialize(entity, row, udfs) for row in rows]


def serialize(entity: Entity, row: Any, udfs: Sequence[Udf]) -> Serialized:
    """Give one record. ``udfs`` are the user-defined fields that its entity has."""
    values = {
        field.name: None if value is None else field.kind.serialize(value)
        for field in entity.fields
        if field.column is not None
        for value in (getattr(row, field.column),)
    }
    held = {each.udf_id: each.value for each in row.udf_values} if entity.has_udfs else {}
    return Serialized(entity.name, values, {udf.name: held.get(udf.id) for udf in udfs})


def active_udfs(session: Session, entity: Entity) -> list[Udf]:
    """Give the user-defined fields that an entity's records have, by name."""
    if not entity.has_udfs:
        return []
    return list(session.scalars(select(Udf).filter_by(active=True).order_by(Udf.name)))
