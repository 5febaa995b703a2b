"""Carries out a batch of records: all of them or none.

Every record is tried, so that a client hears of all mistakes at once; when one is refused, nothing of the
batch is kept. The mistakes name the record by its number, from 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.api.entities import ENTITIES
from portal.api.entities.entity import Entity
from portal.api.entities.record import Made, Record, Refused, Serialized
from portal.api.entities.serializing import read
from portal.core.actors import Context

MOST_RECORDS = 200
_TRIES = 3
# PostgreSQL's: two transactions that wait for each other, of which one is ended
_DEADLOCK = "40P01"

Act = Callable[[Session, Context, Entity, Record], Made]
log = structlog.get_logger("api")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of each record, and what the records hold now, in the order of the batch."""

    made: list[Made]
    records: list[Serialized]


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Why nothing was done: pairs of a record's number and a sentence; number 0 is the batch as a whole."""

    sentences: list[tuple[int, str]]


def carry_out(session: Session, context: Context, act: Act, records: Sequence[Record]) -> Done | Mistakes:
    """Do ``act`` with every record, and commit if all went well."""
    if not records:
        return Mistakes([(0, "There are no entities in the request.")])
    if len(records) > MOST_RECORDS:
        return Mistakes([(0, f"There are {len(records):,} entities; send at most {MOST_RECORDS} at once.")])
    for attempt in range(1, _TRIES + 1):
        try:
            outcome = _try(session, context, act, records)
        except OperationalError as error:
            session.rollback()
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK or attempt == _TRIES:
                raise
            log.info("api_batch_again", records=len(records), attempt=attempt)
            continue
        if isinstance(outcome, Done):
            session.commit()
            log.info("api_batch_done", records=len(records), by=context.actor.resource_id)
        else:
            session.rollback()
        return outcome
    raise AssertionError("unreachable")


def _try(session: Session, context: Context, act: Act, records: Sequence[Record]) -> Done | Mistakes:
    made: list[Made] = []
    sentences: list[tuple[int, str]] = []
    for number, record in enumerate(records, start=1):
        try:
            made.append(_act(session, context, act, record))
        except Refused as refusal:
            sentences += [(number, sentence) for sentence in refusal.sentences]
    if sentences:
        return Mistakes(sentences)
    return Done(made, _as_they_are(session, records, made))


def _act(session: Session, context: Context, act: Act, record: Record) -> Made:
    if record.problem:
        raise Refused(record.problem)
    return act(session, context, ENTITIES[record.entity], record)


def _as_they_are(session: Session, records: Sequence[Record], made: Sequence[Made]) -> list[Serialized]:
    """Read what was made again, in the order of the batch."""
    ids: dict[str, set[int]] = {}
    for record, each in zip(records, made, strict=True):
        ids.setdefault(record.entity, set()).add(each.id)
    found = {
        (name, one.values["id"]): one
        for name, wanted in ids.items()
        for one in read(session, ENTITIES[name], sorted(wanted))
    }
    return [found[record.entity, each.id] for record, each in zip(records, made, strict=True)]
