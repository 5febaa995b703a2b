"""query: find records."""

from typing import Any

from portal.api.entities import ENTITIES, find_entity
from portal.api.entities.kinds import shortened
from portal.api.entities.told import Told
from portal.api.querying import tree
from portal.api.querying.queryxml import read_query
from portal.api.querying.select import find_ids
from portal.api.querying.tree import Unanswerable
from portal.api.soap import answers
from portal.api.soap.call import Call, Parameters
from portal.api.soap.types import ATWSResponse, Text
from portal.delivery.sessions import reading
from portal.extensions import db


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


def _find(query: tree.Query) -> tuple[str, list[Told]]:
    entity = find_entity(query.entity)
    if entity is None:
        raise Unanswerable(
            f"There is no entity “{shortened(query.entity)}”; this API knows {', '.join(ENTITIES)}."
        )
    with reading(db.engine) as session:
        return entity.name, entity.tell(session, find_ids(session, entity, query.where))
