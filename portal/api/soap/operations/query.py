"""query: find records."""

from typing import Any

from sqlalchemy.exc import DBAPIError

from portal.api.entities import ENTITIES, find_entity
from portal.api.entities.kinds import shortened
from portal.api.entities.record import Serialized
from portal.api.entities.serializing import read
from portal.api.querying import tree
from portal.api.querying.queryxml import read_query
from portal.api.querying.select import find_ids
from portal.api.querying.tree import Unanswerable
from portal.api.soap import answers
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ATWSResponse, Text
from portal.db.engine import db, storage_trouble
from portal.db.sessions import reading
from portal.db.trouble import COSTLY

# for each statement
MOST_SECONDS = 5
_TOO_LONG = (
    f"The query takes more than {MOST_SECONDS} seconds of the database's time, and was stopped. Ask for less at "
    "once: for fewer texts, and for ids, a status or a date beside them."
)


class Query:
    name = "query"
    is_open = False
    parameters: Parameters = (("sXML", Text),)
    result = ATWSResponse

    def run(self, _call: Call, /, *arguments: str | None) -> Any:
        (text,) = arguments
        try:
            return answers.found(*_find(read_query(text or "")))
        except Unanswerable as problem:
            return answers.refused([str(problem)])
        except DBAPIError as error:
            if storage_trouble(error) is not COSTLY:
                raise
            return answers.refused([_TOO_LONG])


def _find(query: tree.Query) -> tuple[str, list[Serialized]]:
    entity = find_entity(query.entity)
    if entity is None:
        raise Unanswerable(
            f"There is no entity “{shortened(query.entity)}”; this API knows {', '.join(ENTITIES)}."
        )
    with reading(db.engine, MOST_SECONDS) as session:
        return entity.name, read(session, entity, find_ids(session, entity, query.where))
