"""Turns a query into SQL, and finds the ids of the records that it means. Every value is bound."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import and_, func, literal, not_, or_, select
from sqlalchemy.orm import Session

from portal.api.entities.entity import Entity
from portal.api.entities.kinds import TEXT, Kind, shortened
from portal.api.querying.operators import OPERATORS, Clause, Operator, find_operator
from portal.api.querying.tree import Joined, Term, Unanswerable
from portal.core.eastern import read_day
from portal.core.numbers import read_number
from portal.models import TicketUdf, Udf
from portal.models.base import exact_number
from portal.models.udf import DATE, NUMBER

MOST_ROWS = 500
# SQLite takes no longer patterns than 50,000 bytes
_LONGEST_VALUE = 8000
# of all texts that a query looks for within others: each costs a walk through all that is searched
_LONGEST_TEXTS = 8000
# databases refuse SQL that nests too deep, each at a depth of its own
_DEEPEST = 30


def find_ids(session: Session, entity: Entity, where: Joined) -> list[int]:
    """Give the ids of the first 500 records, by id. Raises Unanswerable."""
    if _levels(where) > _DEEPEST:
        raise Unanswerable(
            f"The query's conditions are nested more than {_DEEPEST} deep. Ask in several queries."
        )
    clause = _Clauses(session, entity).joined(where)
    looked_for = sum(map(len, _texts_within(where)))
    if looked_for > _LONGEST_TEXTS:
        raise Unanswerable(
            f"The query looks for {looked_for:,} characters within texts (BeginsWith, EndsWith, Contains); "
            f"{_LONGEST_TEXTS:,} are the most. Look for shorter texts, or ask in several queries."
        )
    query = select(entity.model.id).where(clause).order_by(entity.model.id).limit(MOST_ROWS)
    return list(session.scalars(query))


class _Clauses:
    def __init__(self, session: Session, entity: Entity) -> None:
        self._session = session
        self._entity = entity
        self._fields = {field.name.casefold(): field for field in entity.fields}

    def joined(self, joined: Joined) -> Clause:
        clause: Clause | None = None
        for widens, part in joined.parts:
            own = self.joined(part) if isinstance(part, Joined) else self._term(part)
            join = or_ if widens else and_
            clause = own if clause is None else join(clause, own)
        if clause is None:
            raise Unanswerable("The query has no conditions. Ask for id GreaterThan 0 to read everything.")
        return clause

    def _term(self, term: Term) -> Clause:
        operator = find_operator(term.operator)
        if operator is None:
            raise Unanswerable(
                f"There is no operator “{shortened(term.operator)}”. Use one of: {', '.join(OPERATORS)}."
            )
        if len(term.value) > _LONGEST_VALUE:
            raise Unanswerable(
                f"The value for {shortened(term.field)} is longer than {_LONGEST_VALUE:,} characters."
            )
        return self._udf_clause(term, operator) if term.udf else self._field_clause(term, operator)

    def _field_clause(self, term: Term, operator: Operator) -> Clause:
        field = self._fields.get(term.field.strip().casefold())
        if field is None:
            raise Unanswerable(f"{self._entity.name} has no field “{shortened(term.field.strip())}”.")
        if field.column is None:
            raise Unanswerable(f"{field.name} can't be asked for: this portal does not keep it.")
        if not field.queryable:
            raise Unanswerable(f"{field.name} can't be asked for.")
        value = _operand(field.name, field.kind, term, operator)
        column = getattr(self._entity.model, field.column)
        if operator.meets_empty and field.kind.searchable:
            column = func.nullif(column, "")
        clause = _as_asked(operator, column, value, term)
        return or_(column.is_(None), not_(clause)) if operator.negative else clause

    def _udf_clause(self, term: Term, operator: Operator) -> Clause:
        name = term.field.strip()
        udf = self._session.scalar(select(Udf).filter_by(name=name)) if self._entity.has_udfs else None
        if udf is None:
            raise Unanswerable(f"{self._entity.name} has no user-defined field “{shortened(name)}”.")
        column, value = _udf_operand(udf, term, operator)
        # a list of ids, not a look at each ticket: it starts from the index on values
        having = select(TicketUdf.ticket_id).where(
            TicketUdf.udf_id == udf.id, _as_asked(operator, column, value, term)
        )
        found: Clause = self._entity.model.id.in_(having)
        return not_(found) if operator.negative else found


def _as_asked(operator: Operator, column: Any, value: Any, term: Term) -> Clause:
    """Find also what has the blanks or the line ends that were asked for: ids of other systems are kept as they came.

    The query's own XML makes one line feed of a CR LF that is not written as a reference.
    """
    clause = operator.clause(column, value)
    if operator.name not in {"Equals", "NotEqual"} or not isinstance(value, str):
        return clause
    also = {term.value, term.value.replace("\r\n", "\n").replace("\n", "\r\n")} - {value}
    return or_(clause, column.in_(sorted(also))) if also else clause


def _operand(name: str, kind: Kind, term: Term, operator: Operator) -> Any:
    if not operator.has_operand:
        return None
    if operator.texts_only and not kind.searchable:
        raise Unanswerable(f"{operator.name} looks into texts, and {name} holds none.")
    try:
        # most kept texts have no spaces around them; inside of one, a space may be what is looked for
        value = kind.parse(term.value if operator.texts_only or not kind.searchable else term.value.strip())
    except ValueError as error:
        raise Unanswerable(f"{name}: {error}") from error
    if value is None or value == "":
        raise Unanswerable(f"{name}: {operator.name} needs a value. To find empty ones, use IsNull.")
    return value


def _udf_operand(udf: Udf, term: Term, operator: Operator) -> tuple[Any, Any]:
    """Give what is compared, and with what: the texts of Number fields as numbers, but never for Contains."""
    value = _operand(f"“{shortened(udf.name)}”", TEXT, term, operator)
    if operator.texts_only or not operator.has_operand:
        return TicketUdf.value, value
    if udf.type == NUMBER:
        if read_number(value) is None:
            raise Unanswerable(f"“{shortened(udf.name)}”: “{shortened(value)}” is no number.")
        return exact_number(TicketUdf.value), exact_number(literal(value))
    if udf.type == DATE:
        try:
            return TicketUdf.value, read_day(value).isoformat()
        except ValueError as error:
            raise Unanswerable(f"“{shortened(udf.name)}”: “{shortened(value)}” {error}") from error
    return TicketUdf.value, value


def _texts_within(part: Term | Joined) -> Iterator[str]:
    if isinstance(part, Joined):
        for _, own in part.parts:
            yield from _texts_within(own)
    elif (operator := find_operator(part.operator)) and operator.texts_only:
        yield part.value


def _levels(part: Term | Joined) -> int:
    """Count how deep the SQL of a query nests. Parts that are joined in the same way make one level."""
    if isinstance(part, Term):
        return 1
    levels, before = 0, None
    for number, (widens, own) in enumerate(part.parts):
        if number == 0:
            levels = _levels(own)
            continue
        levels = max(levels + (widens != before), _levels(own) + 1)
        before = widens
    return levels
