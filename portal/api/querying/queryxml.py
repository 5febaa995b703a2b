"""Reads queryxml, the text in which SOAP clients ask.

``<queryxml><entity>Ticket</entity><query><field>id<expression op="Equals">1</expression></field></query></queryxml>``

Several expressions in one field are ORed. Fields and conditions stand in a row, and each narrows what those
before it found; one that bears ``operator="OR"`` widens it instead. Clients that page count on this order:
they put "id GreaterThan the last one" at the end of a chain of ORs.
"""

from lxml import etree

from portal.api.entities.kinds import shortened
from portal.api.querying.tree import Joined, Query, Term, Unanswerable
from portal.api.xml_guard import Hostile, harmless_text
from portal.api.xml_text import NotReadable, text_of, without_text

# SQLite takes no deeper expressions than 1,000, and each of these may need two
MOST_EXPRESSIONS = 400
_JOINS = {"": False, "and": False, "or": True}


def read_query(text: str) -> Query:
    """Raises Unanswerable with what is wrong with the text."""
    try:
        document = harmless_text(text)
        root = etree.fromstring(document, _parser())
    except (Hostile, etree.XMLSyntaxError) as error:
        raise Unanswerable(f"The queryxml can't be read. {error}") from error
    try:
        return _query(root)
    except NotReadable as problem:
        raise Unanswerable(str(problem)) from problem


def _query(root: etree._Element) -> Query:
    if _name(root) != "queryxml":
        raise Unanswerable(f"The query must be a queryxml element, not “{shortened(_name(root))}”.")
    parts = list(without_text(root))
    entities = [child for child in parts if _name(child) == "entity"]
    queries = [child for child in parts if _name(child) == "query"]
    if len(entities) != 1 or not text_of(entities[0]).strip():
        raise Unanswerable("The queryxml must name one entity: <entity>Ticket</entity>.")
    if len(queries) != 1:
        raise Unanswerable("The queryxml must hold one query element.")
    if sum(1 for _ in queries[0].iter("{*}expression")) > MOST_EXPRESSIONS:
        raise Unanswerable(f"The query has more than {MOST_EXPRESSIONS} expressions. Ask in several queries.")
    return Query(text_of(entities[0]).strip(), _joined(queries[0]))


def _joined(element: etree._Element) -> Joined:
    parts: list[tuple[bool, Term | Joined]] = []
    for child in without_text(element):
        match _name(child):
            case "field":
                parts.append((_widens(child), _field(child)))
            case "condition":
                parts.append((_widens(child), _joined(child)))
            case other:
                raise Unanswerable(f"A query holds fields and conditions, not “{shortened(other)}”.")
    return Joined(tuple(parts))


def _field(element: etree._Element) -> Joined:
    name = (element.text or "").strip()
    if not name:
        raise Unanswerable("A field of the query has no name: <field>id<expression …>.")
    udf = element.get("udf", "").strip().lower() in {"true", "1"}
    if stray := "".join(child.tail or "" for child in element).strip():
        raise Unanswerable(
            f"The field {shortened(name)} holds the text “{shortened(stray)}” behind an expression."
        )
    terms = [_term(name, child, udf=udf) for child in element]
    if not terms:
        raise Unanswerable(f"The field {shortened(name)} has no expression.")
    return Joined(tuple((True, term) for term in terms))


def _term(field: str, element: etree._Element, *, udf: bool) -> Term:
    if _name(element) != "expression":
        raise Unanswerable(f"The field {shortened(field)} holds something that is no expression.")
    try:
        return Term(field, element.get("op", ""), text_of(element), udf)
    except NotReadable as problem:
        raise Unanswerable(f"{shortened(field)}: {problem}") from problem


def _widens(element: etree._Element) -> bool:
    join = element.get("operator", "").strip()
    if join.lower() not in _JOINS:
        raise Unanswerable(f"Conditions are joined by AND or OR, not by “{shortened(join)}”.")
    return _JOINS[join.lower()]


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True, huge_tree=False
    )
