"""An entity's declaration is all that parsing, serializing, queries and SOAP need, also of one made up here."""

from decimal import Decimal

import pytest
from lxml import etree

from portal import clock
from portal.api.entities import ENTITIES
from portal.api.entities.changing import update
from portal.api.entities.entity import Entity, Field
from portal.api.entities.kinds import BOOLEAN, DECIMAL, LONG, TEXT
from portal.api.entities.record import Record, Refused
from portal.api.entities.serializing import read
from portal.api.querying.select import find_ids
from portal.api.querying.tree import Joined, Term, Unanswerable
from portal.api.soap.protocol import Answers
from portal.core.actors import SYSTEM, Context
from portal.models import Resource

from spyne import AnyXml  # isort: skip


def change(session, _context, resource_id, values, _udfs) -> None:
    for name, value in values.items():
        setattr(session.get_one(Resource, resource_id), name, value)
    session.flush()


PERSON = Entity(
    name="Person",
    model=Resource,
    fields=(
        Field("id", LONG, "id", read_only=True),
        Field("UserName", TEXT, "user_name"),
        Field("IsActive", BOOLEAN, "active"),
        Field("Level", TEXT, "security_level", queryable=False),
        Field("Rate", DECIMAL),
    ),
    create=lambda *_: 0,
    load=lambda session, resource_id: session.get_one(Resource, resource_id),
    update=change,
)


def ask(session, field: str, value: str) -> list[int]:
    return find_ids(session(), PERSON, Joined(((False, Term(field, "Equals", value)),)))


def test_a_declared_field_is_parsed_kept_queried_and_serialized_by_its_kind(session, admin):
    context = Context(SYSTEM, clock.now(), "DEV3.COM")
    record = Record(
        "Person", {"id": str(admin.id), "IsActive": "False", "Level": admin.security_level, "Rate": "1"}
    )
    assert update(session(), context, PERSON, record).not_kept == ("Rate",)
    assert admin.id in ask(session, "isActive", "0")
    assert admin.id not in ask(session, "isActive", "true")
    (person,) = read(session(), PERSON, [admin.id])
    assert person.values == {
        "id": admin.id,
        "UserName": admin.user_name,
        "IsActive": False,
        "Level": admin.security_level,
    }
    with pytest.raises(Refused, match="IsActive: “perhaps” is neither true nor false"):
        update(session(), context, PERSON, Record("Person", {"id": str(admin.id), "IsActive": "perhaps"}))
    for field in ("Level", "Rate"):
        with pytest.raises(Unanswerable, match=field):
            ask(session, field, "1")


def test_decimals_are_exact_and_soap_writes_each_value_with_its_type():
    assert (DECIMAL.parse(" 3.50 "), DECIMAL.parse(" ")) == (Decimal("3.50"), None)
    with pytest.raises(ValueError, match="“x” is no number"):
        DECIMAL.parse("x")
    parent = etree.Element("Entity")
    write = Answers().serialization_handlers[AnyXml]
    for value in (Decimal("3E+2"), True, 7, 2**40, "a\x01"):
        write(None, None, value, parent, "urn:x", "Value")
    assert [(each.text, *each.attrib.values()) for each in parent] == [
        ("300", "xs:decimal"),
        ("true", "xs:boolean"),
        ("7", "xs:int"),
        (str(2**40), "xs:long"),
        ("a\ufffd", "xs:string"),
    ]


def test_each_declared_column_is_one_of_its_model_and_no_name_comes_twice():
    for entity in ENTITIES.values():
        assert all(hasattr(entity.model, field.column) for field in entity.fields if field.column is not None)
        assert len({field.name.casefold() for field in entity.fields}) == len(entity.fields)
