"""Queries that can't be answered: the answer names what is wrong with them."""

import pytest

from portal.api.querying.queryxml import MOST_EXPRESSIONS
from portal.models import Udf
from portal.models.udf import DATE, NUMBER, TEXT
from tests.api.conftest import Client, condition, errors, term


@pytest.fixture
def udfs(session) -> None:
    session.add_all(
        Udf(name=name, type=kind) for name, kind in (("Alert ID", TEXT), ("Size", NUMBER), ("Day", DATE))
    )
    session.commit()


def test_a_query_that_cannot_be_is_refused_and_what_is_wrong_is_named(subtests, rmm: Client, udfs):
    for entity, query, told in [
        ("Invoice", term("id", "Equals", 1), "no entity “Invoice”; this API knows Ticket, TicketNote"),
        ("Ticket", term("Colour", "Equals", 1), "Ticket has no field “Colour”"),
        ("Ticket", term("IssueType", "Equals", 1), "IssueType can't be asked for"),
        ("Ticket", term("id", "Resembles", 1), "no operator “Resembles”. Use one of: Equals, "),
        ("Ticket", term("id", "", 1), "no operator “”"),
        ("Ticket", term("id", "Contains", 1), "Contains looks into texts, and id holds none"),
        ("Ticket", term("id", "Equals", "one"), "id: “one” is no whole number"),
        ("Ticket", term("id", "Equals", ""), "id: Equals needs a value"),
        ("Ticket", term("Title", "Equals", ""), "Title: Equals needs a value"),
        ("Ticket", term("DueDateTime", "Equals", "soon"), "DueDateTime: “soon” is no date"),
        (
            "Ticket",
            term("DueDateTime", "Equals", "2026-W53-4"),
            "“2026-W53-4” is no date and time; write it like",
        ),
        (
            "Ticket",
            term("DueDateTime", "Equals", "12026-12-31T10:00:00"),
            "lies outside the years 0002 to 9998",
        ),
        ("Ticket", term("Nope", "Equals", "x", udf=True), "no user-defined field “Nope”"),
        (
            "TicketNote",
            term("Alert ID", "Equals", "x", udf=True),
            "TicketNote has no user-defined field “Alert ID”",
        ),
        ("Ticket", term("Size", "GreaterThan", "big", udf=True), "“Size”: “big” is no number"),
        ("Ticket", term("Day", "GreaterThan", "soon", udf=True), "“Day”: “soon” is no date"),
        ("Ticket", "", "no conditions"),
        ("Ticket", "<condition/>", "no conditions"),
        ("Ticket", "<field>id</field>", "The field id has no expression"),
        ("Ticket", "<field><expression op='Equals'>1</expression></field>", "has no name"),
        (
            "Ticket",
            "<field>id<expresion op='Equals'>1</expresion></field>",
            "something that is no expression",
        ),
        (
            "Ticket",
            "<field>Title<expression op='Equals'>a<b/>c</expression></field>",
            "Title: expression holds elements",
        ),
        ("Ticket", "<field>Ti<expression op='Equals'>a</expression>tle</field>", "the text “tle” behind"),
        ("Ticket", f"{term('id', 'Equals', 1)} and more", "the text “and more” beside its elements"),
        ("Tick</entity><entity>et", term("id", "Equals", 1), "must name one entity"),
        ("Tick<b/>et", term("id", "Equals", 1), "entity holds elements"),
        ("Ticket", "<where/>", "not “where”"),
        ("Ticket", condition(term("id", "Equals", 1), "XOR"), "not by “XOR”"),
        ("Ticket", term("Title", "Contains", "x" * 8001), "longer than 8,000 characters"),
        ("Ticket", term("Title", "Contains", "x" * 4000) * 60, "looks for 240,000 characters within texts"),
        ("Ticket", term("Size", "Equals", "1" * 256, udf=True), "is no number"),
        ("Ticket", term("Size", "Equals", "inf", udf=True), "“inf” is no number"),
        ("Ticket", term("id", "Equals", 1) * (MOST_EXPRESSIONS + 1), "more than 400 expressions"),
        (
            "Ticket",
            (condition(term("id", "Equals", 1), "OR") + term("id", "Equals", 1)) * 20,
            "more than 30 deep",
        ),
        (
            "Ticket",
            "<condition>" * 50 + term("id", "Equals", 1) + "</condition>" * 50,
            "nested more than 40 deep",
        ),
    ]:
        with subtests.test(entity=entity, query=query, told=told):
            answer = rmm.ask(entity, query)
            assert answer.ReturnCode == -1
            assert answer.EntityResults is None
            (message,) = errors(answer)
            assert told in message


def test_a_text_that_is_no_queryxml_is_refused(subtests, rmm: Client):
    for text, told in [
        (None, "It is empty"),
        ("", "It is empty"),
        ("id=1", "not well-formed"),
        ("<queryxml>", "not well-formed"),
        ("<query/>", "must be a queryxml element, not “query”"),
        ("<queryxml/>", "must name one entity"),
        ("<queryxml><entity>Ticket</entity></queryxml>", "must hold one query element"),
        ('<!DOCTYPE q [<!ENTITY e "x">]><queryxml/>', "DOCTYPE"),
    ]:
        with subtests.test(text=text, told=told):
            answer = rmm.zeep.service.query(sXML=text)
            assert answer.ReturnCode == -1
            assert told in errors(answer)[0]
