"""Conditions through the engine: every operator, on every kind of field."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from portal.core.rules import OPERATORS
from portal.desk.rule_fields import KINDS, ConditionField, condition_fields
from portal.models import (
    Company,
    Rule,
    Udf,
)
from tests.conftest import make_resource
from tests.workflow.firing import create, edit, fired, make_rule, make_udf


def test_conditions_are_anded(session, company, callout):
    make_rule(session, callout, conditions=[("status", "equal", "5"), ("queue", "equal", "8")])
    ticket = create(session, company)
    for values, expected in (({"status": 5}, 0), ({"queue": 8}, 1), ({"status": 8}, 1), ({"status": 5}, 2)):
        edit(session, ticket, **values)
        assert len(fired(session)) == expected


def test_status_equal_to_complete_fires_on_each_later_edit(session, ticket, callout):
    make_rule(session, callout, conditions=[("status", "equal", "5")])
    edit(session, ticket, status=5)
    for title in ("one", "two"):
        edit(session, ticket, title=title)
    assert len(fired(session)) == 3


def test_status_changed_to_complete_fires_once_each_time_it_becomes_so(session, ticket, callout):
    make_rule(session, callout, conditions=[("status", "changed_to", "5")])
    edit(session, ticket, status=5)
    edit(session, ticket, title="one", status=5)
    assert len(fired(session)) == 1
    edit(session, ticket, status=8)
    assert len(fired(session)) == 1
    edit(session, ticket, status=5)
    assert len(fired(session)) == 2


def test_a_ticket_that_is_created_complete_has_changed_to_complete(session, company, callout):
    make_rule(session, callout, [("created", "anyone")], [("status", "changed_to", "5")])
    create(session, company)
    assert fired(session) == []
    create(session, company, status=5)
    assert len(fired(session)) == 1


def test_a_condition_on_a_field_that_is_gone_sees_it_empty(session, ticket, callout):
    make_rule(session, callout, conditions=[("udf:999", "equal", "x")], name="a")
    make_rule(session, callout, conditions=[("nonsense", "not_empty")], name="b")
    make_rule(session, callout, conditions=[("udf:999", "empty")], name="c")
    edit(session, ticket, title="Another")
    assert [each.rule_name for each in fired(session)] == ["c"]


# For a field of each kind: a value, a smaller and a greater one, as an editor gives them.
LATE, LATER = datetime(2030, 5, 1, 12, 0, tzinfo=UTC), datetime(2030, 5, 1, 12, 0, 30, tzinfo=UTC)
EARLY = datetime(2029, 12, 31, 23, 59, tzinfo=UTC)
VALUES: dict[str, tuple[object, object, object]] = {
    "text": ("disk B", "Disk A", "DISK C"),
    "number": ("10", "9.5", "200"),
    "day": ("2030-05-01", "2029-12-31", "2030-05-02"),
    "moment": (LATE, EARLY, LATER),
    "choice": (2, 1, 3),
}
FIELD_OF_KIND = {"text": "external_id", "moment": "due_at", "choice": "ticket_type"}
UDF_OF_KIND = {"text": "text", "number": "number", "day": "date", "choice": "list"}
# operator: (operands as positions in VALUES, then whether it holds for middle, smaller, greater and empty)
HELD: dict[str, tuple[tuple[int, ...], tuple[bool, bool, bool, bool]]] = {
    "equal": ((0,), (True, False, False, False)),
    "not_equal": ((0,), (False, True, True, True)),
    "greater": ((0,), (False, False, True, False)),
    "less": ((0,), (False, True, False, False)),
    "contains": ((0,), (True, False, False, False)),
    "in_list": ((0, 1), (True, True, False, False)),
    "not_in_list": ((0, 1), (False, False, True, True)),
    "empty": ((), (False, False, False, True)),
    "not_empty": ((), (True, True, True, False)),
    # from the smaller value, where nothing else is said
    "changed": ((), (True, False, True, True)),
    "changed_to": ((0,), (True, False, False, False)),
    "changed_from": ((1,), (True, False, True, True)),
}


def fields_of_every_kind() -> list[tuple[str, bool]]:
    return [(kind, False) for kind in FIELD_OF_KIND] + [(kind, True) for kind in UDF_OF_KIND]


def test_every_operator_and_every_kind_of_field_is_tried(session):
    assert set(HELD) == set(OPERATORS)
    assert set(VALUES) == {kind for kind, _ in fields_of_every_kind()} == set(KINDS)


@pytest.mark.slow
def test_every_operator_holds_for_every_kind_of_field_as_its_words_say(session, company, callout, subtests):
    for kind, as_udf in fields_of_every_kind():
        with subtests.test(kind=kind, as_udf=as_udf):
            udf = make_udf(session, UDF_OF_KIND[kind], options="1\n2\n3") if as_udf else None
            name = f"udf:{udf.id}" if udf else FIELD_OF_KIND[kind]
            field = condition_fields(session())[name]
            assert field.kind == kind
            session.execute(update(Rule).values(active=False))
            taken = [operator for operator in OPERATORS if ConditionField("", "", kind).takes(operator)]
            for operator in taken:
                operands = [stored(VALUES[kind][position]) for position in HELD[operator][0]]
                rule = f"{operator} {name}"
                make_rule(session, callout, conditions=[(name, operator, *operands)], name=rule)
            middle, smaller, greater = VALUES[kind]
            for position, value in enumerate((middle, smaller, greater, None)):
                ticket = create(session, company, **given(udf, name, smaller))
                edit(session, ticket, title="Another", **given(udf, name, value))
                held = {each.rule_name for each in fired(session) if each.ticket_id == ticket.id}
                expected = {f"{operator} {name}" for operator in taken if HELD[operator][1][position]}
                assert held == expected


def stored(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def given(udf: Udf | None, name: str, value: object) -> dict[str, object]:
    if udf is None:
        return {name: value}
    return {"udfs": {udf.id: None if value is None else str(value)}}


def test_a_company_and_a_resource_are_compared_by_who_they_are(session, company, callout):
    ada, eve = make_resource(session, "service_desk"), make_resource(session, "service_desk")
    other = Company(name="Contoso")
    session.add(other)
    session.commit()
    make_rule(session, callout, conditions=[("assigned_resource_id", "changed_to", str(ada.id))], name="a")
    make_rule(session, callout, conditions=[("company_id", "in_list", str(other.id))], name="b")
    ticket = create(session, company)
    edit(session, ticket, assigned_resource_id=eve.id)
    edit(session, ticket, assigned_resource_id=ada.id)
    edit(session, ticket, company_id=other.id)
    assert [each.rule_name for each in fired(session)] == ["a", "b"]
