"""Choices that have been deactivated, and user-defined fields."""

from sqlalchemy import update

from portal.models import (
    PicklistValue,
)
from portal.tickets.fields import FIELDS
from tests.desk.ticketing import create, edit, history, problems_of

# What has been deactivated


def test_an_inactive_value_is_refused_but_kept_where_it_is(subtests, session, company):
    for name in [name for name, field in FIELDS.items() if field.kind == "picklist"]:
        with subtests.test(name=name):
            value = 8 if name in {"status", "queue", "source"} else 3
            other = 5 if name in {"status", "queue", "ticket_type"} else 2
            kept = create(session, company, **{name: value})
            session.execute(update(PicklistValue).filter_by(list_name=name, value=value).values(active=False))
            session.commit()
            assert set(problems_of(create, session, company, **{name: value})) == {name}
            edit(session, kept, title="Another", **{name: value})
            assert (kept.title, getattr(kept, name)) == ("Another", value)
            edit(session, kept, **{name: other})
            assert set(problems_of(edit, session, kept, **{name: value})) == {name}


def test_an_inactive_company_or_resource_is_refused_but_kept_where_it_is(session, company, technician):
    kept = create(session, company, assigned_resource_id=technician.id)
    company.active = technician.active = False
    session.commit()
    for name, value in (("company_id", company.id), ("assigned_resource_id", technician.id)):
        assert "active" in problems_of(create, session, company, **{name: value})[name]
        edit(session, kept, **{name: value})


# User-defined fields


def test_a_udf_takes_what_its_type_says(subtests, session, company, make_udf):
    for kind, good, bad in [
        ("text", ["A-1", "x" * 255, "two\nlines"], ["x" * 256]),
        (
            "number",
            ["42", "-3.5", "+7", "0.10", ".5", "5."],
            ["x", "1,5", "1_000", "٣", "NaN", "1e5", "1 2", "-"],
        ),
        (
            "date",
            ["2026-12-31", "0999-01-01"],
            ["31.12.2026", "2026-02-30", "20261231", "2026-W01-1", "2026-12-31T00:00"],
        ),
        ("list", ["Gold", "Two words"], ["gold", "Silver", "Gold\nTwo words"]),
    ]:
        with subtests.test(kind=kind, good=good, bad=bad):
            udf = make_udf(kind, options="Gold\n Two words \n\n")
            for text in good:
                ticket = create(session, company, udfs={udf.id: f" {text} "})
                assert [each.value for each in ticket.udf_values] == [text]
            for text in bad:
                said = problems_of(create, session, company, udfs={udf.id: text})
                assert set(said) == {f"udf:{udf.id}"}


def test_an_empty_udf_value_is_no_value(subtests, session, company, make_udf):
    for empty in ["", None, " \t\r\n"]:
        with subtests.test(empty=empty):
            udf = make_udf()
            assert create(session, company, udfs={udf.id: empty}).udf_values == []
            ticket = create(session, company, udfs={udf.id: "A-1"})
            edit(session, ticket, udfs={udf.id: empty})
            assert ticket.udf_values == []
            assert history(session, ticket)[1:] == [("Tess Technician", udf.name, "A-1", "")]


def test_a_udf_that_is_not_given_keeps_its_value(session, company, make_udf):
    first, second = make_udf(), make_udf()
    ticket = create(session, company, udfs={first.id: "1", second.id: "2"})
    edit(session, ticket, udfs={second.id: "3"})
    assert {each.udf_id: each.value for each in ticket.udf_values} == {first.id: "1", second.id: "3"}


def test_an_inactive_udf_keeps_its_data(subtests, session, company, make_udf):
    for text in ["other", ""]:
        with subtests.test(text=text):
            udf = make_udf()
            ticket = create(session, company, udfs={udf.id: "A-1"})
            udf.active = False
            session.commit()
            assert "inactive" in problems_of(edit, session, ticket, udfs={udf.id: text})[f"udf:{udf.id}"]
            edit(session, ticket, title="Another", udfs={udf.id: "A-1"})
            assert [each.value for each in ticket.udf_values] == ["A-1"]
