"""Create and update records, whatever their entity. The caller commits."""

from sqlalchemy.orm import Session

from portal.api.entities.entity import Entity
from portal.api.entities.parsing import parse, parse_udfs, record_id
from portal.api.entities.record import Made, Record, Refused
from portal.api.entities.serializing import active_udfs, serialize
from portal.core.actors import Context
from portal.core.problems import Invalid, NotFound


def create(session: Session, context: Context, entity: Entity, record: Record) -> Made:
    """Create a record. Raises Refused."""
    values, not_kept = parse(entity, record)
    udfs = parse_udfs(session, entity, record)
    try:
        return Made(entity.create(session, context, values, udfs), not_kept)
    except Invalid as invalid:
        raise Refused.because_of(invalid, entity.names()) from invalid


def update(session: Session, context: Context, entity: Entity, record: Record) -> Made:
    """Change the record with the id that is in it; fields that were not sent stay as they are. Raises Refused."""
    row_id = record_id(record)
    try:
        row = entity.load(session, row_id)
        current = serialize(entity, row, active_udfs(session, entity))
        values, not_kept = parse(entity, record, current)
        udfs = parse_udfs(session, entity, record, current)
        entity.update(session, context, row_id, values, udfs)
    except NotFound as missing:
        raise Refused(str(missing)) from missing
    except Invalid as invalid:
        raise Refused.because_of(invalid, entity.names()) from invalid
    return Made(row_id, not_kept)
