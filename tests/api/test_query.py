"""What clients ask for by queryxml."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from portal.api.querying.operators import OPERATORS
from portal.api.querying.queryxml import MOST_EXPRESSIONS
from portal.api.soap.operations import query
from portal.db.engine import db
from portal.models import Company, Ticket, Udf
from portal.models.udf import DATE, NUMBER, TEXT
from tests.api.conftest import Client, condition, errors, term
from tests.conftest import BOTH, make_ticket

both_databases = pytest.mark.parametrize("app", BOTH, indirect=True)


@pytest.fixture
def udfs(session) -> dict[str, Udf]:
    rows = {
        "Alert ID": Udf(name="Alert ID", type=TEXT),
        "Size": Udf(name="Size", type=NUMBER),
        "Day": Udf(name="Day", type=DATE),
    }
    session.add_all(rows.values())
    session.commit()
    return rows


@pytest.fixture
def tickets(session, company: Company, udfs) -> dict[str, Ticket]:
    """Three tickets that differ in everything; the last one's optional fields are empty."""
    alert, size, day = (udfs[name].id for name in ("Alert ID", "Size", "Day"))
    return {
        "a": make_ticket(
            session,
            company,
            title="Disk full on SRV1",
            description="100% of C:",
            status=8,
            queue=8,
            external_id="X-1",
            due_at=datetime(2026, 1, 31, 22, 4, 5, tzinfo=UTC),
            udfs={alert: "ALERT-1", size: "9", day: "2026-01-31"},
        ),
        "b": make_ticket(
            session,
            company,
            title="disk_slow",
            description="über & <out>",
            queue=5,
            external_id="x-2",
            due_at=datetime(2026, 2, 1, tzinfo=UTC),
            udfs={alert: "alert-2", size: "10.5", day: "2026-02-01"},
        ),
        "c": make_ticket(session, company, title="Printer"),
    }


def names(rmm: Client, tickets: dict[str, Ticket], *terms: str) -> str:
    by_id = {ticket.id: name for name, ticket in tickets.items()}
    return "".join(by_id[each.id] for each in rmm.find("Ticket", *terms))


FIELD_CASES = [
    ("Status", "Equals", 8, "a"),
    ("Status", "NotEqual", 8, "bc"),
    ("QueueID", "NotEqual", 8, "bc"),
    ("QueueID", "GreaterThan", 5, "a"),
    ("QueueID", "GreaterThanorEquals", 5, "ab"),
    ("QueueID", "LessThan", 8, "b"),
    ("QueueID", "LessThanOrEquals", 8, "ab"),
    ("QueueID", "IsNull", "", "c"),
    ("QueueID", "IsNotNull", "", "ab"),
    ("ExternalID", "IsNull", "", "c"),
    ("ExternalID", "IsNotNull", "", "ab"),
    ("ExternalID", "Equals", "X-1", "a"),
    ("ExternalID", "Equals", "x-1", ""),
    ("ExternalID", "Equals", "\n X-1 ", "a"),
    ("Title", "Contains", "Disk ", "a"),
    ("ExternalID", "NotEqual", "X-1", "bc"),
    ("ExternalID", "LessThan", "zzz", "ab"),
    ("Title", "BeginsWith", "DISK", "ab"),
    ("Title", "EndsWith", "srv1", "a"),
    ("Title", "Contains", "sk", "ab"),
    ("Title", "Contains", "k_s", "b"),
    ("Description", "Contains", "0%", "a"),
    ("Description", "Contains", "& <OUT>", "b"),
    ("DueDateTime", "Equals", "2026-01-31 17:04:05", "a"),
    ("DueDateTime", "GreaterThan", "2026-01-31T17:04:05", "b"),
    ("DueDateTime", "LessThanOrEquals", "2026-02-01T00:00:00Z", "ab"),
    ("DueDateTime", "IsNull", "", "c"),
]


@both_databases
def test_each_operator_finds_what_it_says(rmm: Client, tickets):
    assert [(*case[:3], names(rmm, tickets, term(*case[:3]))) for case in FIELD_CASES] == FIELD_CASES


UDF_CASES = [
    ("Alert ID", "Equals", "ALERT-1", "a"),
    ("Alert ID", "NotEqual", "ALERT-1", "bc"),
    ("Alert ID", "BeginsWith", "alert", "ab"),
    ("Alert ID", "EndsWith", "-2", "b"),
    ("Alert ID", "Contains", "lert-1", "a"),
    ("Alert ID", "IsNull", "", "c"),
    ("Alert ID", "IsNotNull", "", "ab"),
    ("Size", "Equals", "9.0", "a"),
    ("Size", "GreaterThan", "9", "b"),
    ("Size", "LessThanOrEquals", "10.50", "ab"),
    ("Size", "NotEqual", "9", "bc"),
    ("Day", "GreaterThan", "2026-01-31", "b"),
    ("Day", "Equals", "2026-01-31T00:00:00", "a"),
]


@both_databases
def test_each_operator_works_on_user_defined_fields(rmm: Client, tickets):
    found = [(*case[:3], names(rmm, tickets, term(*case[:3], udf=True))) for case in UDF_CASES]
    assert found == UDF_CASES


@both_databases
def test_a_number_field_that_holds_something_else_spoils_no_query(rmm: Client, session, tickets, udfs):
    session.execute(
        text("UPDATE ticket_udf SET value = 'many' WHERE ticket_id = :ticket AND udf_id = :udf"),
        {"ticket": tickets["a"].id, "udf": udfs["Size"].id},
    )
    session.commit()
    assert names(rmm, tickets, term("Size", "GreaterThan", "1", udf=True)) == "b"


EXACT = [
    ("Equals", "9007199254740993", "b"),
    ("Equals", "9007199254740992.000", "a"),
    ("Equals", "+09007199254740993e0", "b"),
    ("GreaterThan", "9007199254740992", "b"),
    ("LessThan", "9007199254740992.5", "ac"),
    ("LessThanOrEquals", "-0.10000000000000000001", "c"),
    ("LessThan", "-0.10000000000000000002", ""),
    ("GreaterThan", "-1", "abc"),
]


@both_databases
def test_number_fields_are_compared_exactly(rmm: Client, session, company, udfs):
    kept = {"a": "9007199254740992", "b": "9007199254740993", "c": "-0.10000000000000000002"}
    tickets = {
        name: make_ticket(session, company, udfs={udfs["Size"].id: value}) for name, value in kept.items()
    }
    found = [(*case[:2], names(rmm, tickets, term("Size", *case[:2], udf=True))) for case in EXACT]
    assert found == EXACT


FOLDED = [
    ("Title", "Contains", "BÜRO", "a"),
    ("Title", "BeginsWith", "bu\u0308ro CAFÉ", "a"),
    ("Title", "EndsWith", "STRASSE", "a"),
    ("Title", "Contains", "Cafe", ""),
    ("Title", "Contains", "É%", ""),
    ("Title", "Equals", "Büro Café straße", ""),
    ("Title", "Equals", "Büro Cafe\u0301 straße", "a"),
    ("Description", "Contains", "ΣΊΣΥΦΟΣ", "a"),
    ("ExternalID", "Contains", "Ä-1", "a"),
    ("ExternalID", "Equals", "Ä-1", ""),
]


@both_databases
def test_contains_and_its_kin_fold_and_equals_does_not(rmm: Client, session, company, udfs):
    alert = udfs["Alert ID"].id
    texts = {"title": "Büro Cafe\u0301 straße", "description": "σίσυφος", "external_id": "ä-1"}
    tickets = {
        "a": make_ticket(session, company, **texts, udfs={alert: "ÜBER"}),
        "b": make_ticket(session, company),
    }
    assert [(*case[:3], names(rmm, tickets, term(*case[:3]))) for case in FOLDED] == FOLDED
    assert names(rmm, tickets, term("Alert ID", "Contains", "über", udf=True)) == "a"
    assert names(rmm, tickets, term("Alert ID", "Equals", "über", udf=True)) == ""
    # an edit leads the search along
    rmm.update(rmm.ticket({"Alert ID": "ÖL"}, id=tickets["a"].id, Title="ÄRGER"))
    assert (
        names(rmm, tickets, term("Title", "Contains", "ärger"), term("Alert ID", "Contains", "öl", udf=True))
        == "a"
    )
    assert names(rmm, tickets, term("Title", "Contains", "büro")) == ""


@both_databases
def test_a_query_that_costs_too_much_is_stopped_and_told(rmm: Client, session, company, monkeypatch):
    stamp = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"title": "x", "description": "a" * 500, "company_id": company.id, "status": 1, "priority": 1}
    row |= {"created_at": stamp, "last_activity_at": stamp}
    session.execute(Ticket.__table__.insert(), [row | {"number": str(number)} for number in range(3000)])
    session.commit()
    costly = term("Description", "Contains", "a" * 250 + "b")
    monkeypatch.setattr(query, "MOST_SECONDS", 1e-6)
    answer = rmm.ask("Ticket", costly)
    assert answer.ReturnCode == -1
    assert "was stopped" in errors(answer)[0]
    monkeypatch.undo()
    assert rmm.find("Ticket", term("id", "Equals", 0)) == []


def test_every_operator_is_tried_here():
    assert {operator for _, operator, _, _ in FIELD_CASES} == set(OPERATORS)


def equals(**fields: object) -> str:
    return "".join(term(name, "Equals", value) for name, value in fields.items())


def test_fields_are_anded_and_expressions_in_one_field_are_ored(rmm: Client, tickets):
    assert names(rmm, tickets, equals(Status=8, QueueID=5)) == ""
    both = (
        '<field>QueueID<expression op="Equals">5</expression><expression op="Equals">8</expression></field>'
    )
    assert names(rmm, tickets, both) == "ab"
    assert names(rmm, tickets, both, term("Status", "Equals", 8)) == "a"


def test_conditions_are_joined_to_what_stands_before_them(rmm: Client, tickets):
    a, b = term("QueueID", "Equals", 8), term("QueueID", "Equals", 5)
    assert names(rmm, tickets, condition(a), condition(b)) == ""
    assert names(rmm, tickets, condition(a), condition(b, "OR")) == "ab"
    assert names(rmm, tickets, condition(a), condition(b, "or")) == "ab"
    assert names(rmm, tickets, condition(a, "OR"), condition(b, "OR")) == "ab"
    nested = condition(condition(b) + condition(term("Title", "BeginsWith", "disk")), "OR")
    assert names(rmm, tickets, condition(term("Title", "Equals", "Printer")), nested) == "bc"


def test_a_chain_of_ors_is_paged_by_an_id_at_its_end(rmm: Client, tickets):
    chain = "".join(condition(term("id", "Equals", each.id), "OR") for each in tickets.values())
    assert names(rmm, tickets, chain) == "abc"
    assert names(rmm, tickets, chain, condition(term("id", "GreaterThan", tickets["a"].id), "AND")) == "bc"


def test_names_are_found_in_any_case_and_with_spaces_around(rmm: Client, tickets):
    answer = rmm.ask(
        " ticket ",
        f"<field> tiCKetnumber \n<expression op='equals'>{tickets['a'].number}</expression></field>",
    )
    assert [each.id for each in answer.EntityResults.Entity] == [tickets["a"].id]
    assert answer.EntityResultType == "Ticket"


def test_an_empty_result_is_a_success_with_none(rmm: Client):
    answer = rmm.ask("Ticket", term("id", "Equals", 999))
    assert (answer.ReturnCode, answer.EntityResults, answer.Errors) == (1, None, None)


def test_at_most_five_hundred_rows_come_by_id(rmm: Client, session, company):
    stamp = datetime(2026, 1, 1, tzinfo=UTC)
    session.execute(
        Ticket.__table__.insert(),
        [
            {
                "id": number,
                "number": f"T20260101.{number:04d}",
                "title": "x",
                "description": "",
                "resolution": "",
                "external_id": "",
                "company_id": company.id,
                "status": 1,
                "priority": 1,
                "created_at": stamp,
                "last_activity_at": stamp,
            }
            for number in range(1200, 0, -1)
        ],
    )
    session.commit()
    seen: list[int] = []
    while page := [
        each.id for each in rmm.find("Ticket", term("id", "GreaterThan", seen[-1] if seen else 0))
    ]:
        assert len(page) == min(500, 1200 - len(seen))
        seen += page
    assert seen == list(range(1, 1201))


def test_notes_are_found_by_ticket_and_text(rmm: Client, ticket):
    for word in ("ALERT-1", "ALERT-2"):
        rmm.create(
            rmm.entity("TicketNote", TicketID=ticket.id, Title="t", Description=word, NoteType=99, Publish=1)
        )
    found = rmm.find(
        "TicketNote", term("TicketID", "Equals", ticket.id), term("Description", "Contains", "alert-2")
    )
    assert [each.Description for each in found] == ["ALERT-2"]
    assert rmm.find("TicketNote", term("TicketID", "Equals", ticket.id + 1)) == []


@both_databases
def test_as_many_conditions_as_are_taken_can_be_answered(rmm: Client, tickets):
    assert (
        names(rmm, tickets, condition(term("id", "Equals", tickets["a"].id), "OR") * MOST_EXPRESSIONS) == "a"
    )
    assert names(rmm, tickets, term("id", "NotEqual", 0) * MOST_EXPRESSIONS) == "abc"
    assert names(rmm, tickets, term("Alert ID", "NotEqual", "x", udf=True) * MOST_EXPRESSIONS) == "abc"
    turns = condition(term("id", "Equals", tickets["a"].id), "OR") + term("id", "NotEqual", 0)
    assert names(rmm, tickets, turns * 14) == "a"


def test_the_text_may_bear_a_declaration_and_comments(rmm: Client, tickets):
    query = (
        '<?xml version="1.0" encoding="utf-16"?>\n<!-- x --><queryxml version="1.0"><entity>Ticket</entity>'
        f"<query>{equals(Status=8)}</query></queryxml>"
    )
    assert len(rmm.zeep.service.query(sXML=query).EntityResults.Entity) == 1


def test_a_query_is_answered_while_somebody_writes(rmm: Client, tickets):
    """On SQLite a POST would wait for the write lock; a query does not ask for it."""
    with db.engine.connect() as writer:
        writer.execute(text("UPDATE ticket SET title = 'Changed'"))
        assert names(rmm, tickets, equals(Title="Printer")) == "c"
        writer.rollback()
