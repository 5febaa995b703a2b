"""Tickets: how they are numbered, and what a new one may hold."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.actors import Actor, ActorKind, Context
from portal.db.engine import db
from portal.desk.ticket_work import create_ticket
from portal.models import (
    Ticket,
    TicketSequence,
)
from portal.tickets.fields import FIELDS
from portal.tickets.numbers import next_in_day
from tests.conftest import BOTH, TECHNICIAN
from tests.desk.ticketing import MOMENT, create, edit, history, problems_of

CONTACT = Actor(ActorKind.CONTACT, "Carl Customer")


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_numbers_count_up_within_an_eastern_day_and_start_again_with_the_next(session, company):
    moments = ("2026-07-02T03:59:58+00:00", "2026-07-02T03:59:59.999+00:00", "2026-07-02T04:00:00+00:00")
    tickets = [create(session, company, at=datetime.fromisoformat(each)) for each in moments]
    assert [each.number for each in tickets] == ["T20260701.0001", "T20260701.0002", "T20260702.0001"]
    again = create(session, company, at=datetime.fromisoformat(moments[0]))
    assert again.number == "T20260701.0003"


def test_the_ten_thousandth_ticket_of_a_day_has_five_digits(session, company):
    assert next_in_day(session(), MOMENT.date()) == 1
    session.execute(update(TicketSequence).values(last=9999))
    assert create(session, company, at=MOMENT).number == "T20260701.10000"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_creation_that_is_rolled_back_gives_its_number_back(session, company):
    create_ticket(
        session(), Context(TECHNICIAN, MOMENT, "DEV3.COM"), {"title": "x", "company_id": company.id}, {}
    )
    session.rollback()
    assert create(session, company, at=MOMENT).number == "T20260701.0001"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_tickets_that_are_created_at_once_get_numbers_of_their_own(session, company):
    values = {"title": "Disk full", "company_id": company.id}
    session.commit()
    engine = db.engine  # asked for here: a thread has no app context
    barrier, failures = threading.Barrier(4), []

    def work() -> None:
        try:
            barrier.wait(20)
            for _ in range(5):
                with Session(engine) as mine, mine.begin():
                    create_ticket(mine, Context(TECHNICIAN, MOMENT, "DEV3.COM"), values, {})
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert failures == []
    numbers = sorted(session.scalars(select(Ticket.number)))
    assert numbers == [f"T20260701.{number:04d}" for number in range(1, 21)]


def test_the_database_itself_refuses_a_number_twice(session, company, ticket):
    twin = Ticket(
        number=ticket.number,
        title="x",
        company_id=company.id,
        status=1,
        priority=2,
        created_at=MOMENT,
        last_activity_at=MOMENT,
    )
    session.add(twin)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


# Creating


def test_a_new_ticket_has_the_usual_values(session, company):
    ticket = create(session, company, at=MOMENT)
    assert (ticket.status, ticket.priority, ticket.queue, ticket.source, ticket.ticket_type) == (
        1,
        2,
        None,
        None,
        None,
    )
    assert (ticket.description, ticket.resolution, ticket.external_id) == ("", "", "")
    assert (ticket.created_at, ticket.last_activity_at) == (MOMENT, MOMENT)
    assert (ticket.completed_at, ticket.completed_by_id, ticket.due_at) == (None, None, None)
    assert history(session, ticket) == [("Tess Technician", "Ticket", "", "Created")]


def test_values_that_are_given_as_none_are_the_usual_ones_too(session, company):
    ticket = create(session, company, status=None, priority=None, description=None, queue=None)
    assert (ticket.status, ticket.priority, ticket.description) == (1, 2, "")


def test_every_field_can_be_given_and_is_stored(session, company, technician):
    due = datetime(2026, 12, 31, 12, 30, tzinfo=UTC)
    values = {
        "title": "  Disk full on SRV1 ",
        "description": "first\r\nsecond\rthird\n\n",
        "status": 8,
        "priority": 4,
        "queue": 8,
        "source": 8,
        "ticket_type": 5,
        "assigned_resource_id": technician.id,
        "due_at": due,
        "resolution": "none yet",
        "external_id": "4711",
    }
    assert {*values, "company_id"} == set(FIELDS)
    ticket = create(session, company, **values)
    session.expire_all()
    assert {name: getattr(ticket, name) for name in values} == values | {
        "title": "Disk full on SRV1",
        "description": "first\nsecond\nthird",
    }


def test_who_created_it_is_kept(session, company, technician):
    actor = Actor(ActorKind.RESOURCE, technician.name, technician.id)
    assert create(session, company, actor=actor).creator_id == technician.id
    assert create(session, company, actor=CONTACT).creator_id is None


def test_a_required_field_cannot_be_empty(subtests, session, company, ticket):
    for name in [name for name, field in FIELDS.items() if field.required]:
        for empty in ["", "  \r\n"]:
            with subtests.test(name=name, empty=empty):
                expected = {name: f"{FIELDS[name].label} is required."}
                assert problems_of(create, session, company, **{name: empty}) == expected
                assert problems_of(edit, session, ticket, **{name: empty}) == expected
                assert problems_of(edit, session, ticket, **{name: None}) == expected


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_stored(session, company):
    refused = problems_of(
        create, session, company, title="", company_id=None, status=99, udfs={99: "x", 2**70: "x"}
    )
    assert set(refused) == {"title", "company_id", "status", "udf:99", f"udf:{2**70}"}
    assert session.scalar(select(func.count(Ticket.id))) == 0


LIMITS = {"title": 255, "description": 8000, "resolution": 32_000, "external_id": 100}


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(subtests, session, company):
    for name, most in LIMITS.items():
        with subtests.test(name=name, most=most):
            text = "\U0001f600" * most
            ticket = create(session, company, **{name: f" {text} "})
            session.expire_all()
            assert getattr(ticket, name) == text
            said = problems_of(create, session, company, **{name: text + "x"})[name]
            assert f"{most + 1:,}" in said
            assert f"at most {most:,}" in said


def test_a_line_end_counts_as_one_character_however_a_browser_sends_it(session, company):
    ticket = create(session, company, description="x\r\n" * 4000 + "\r\n")
    assert len(ticket.description) == 7999
    assert "\r" not in ticket.description


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_odd_texts_are_stored_as_they_are(subtests, session, company, make_udf):
    for text in [
        "日本語 😀",
        "<script>alert('x')</script>",
        "'; DROP TABLE ticket; --",
        "a\x01\x1b[31m\x7f",
        "\ufffe\uffff",
    ]:
        with subtests.test(text=text):
            udf = make_udf()
            ticket = create(session, company, title=text, description=text, udfs={udf.id: text})
            session.expire_all()
            assert (ticket.title, ticket.description, ticket.udf_values[0].value) == (text, text, text)


def test_a_text_that_no_database_stores_is_refused_in_words(subtests, session, company, ticket, make_udf):
    for name in [*LIMITS, "udf"]:
        for text, part in [("a\x00b", "NUL"), ("a\ud800", "half of a character")]:
            with subtests.test(name=name, text=text, part=part):
                udf = make_udf()
                given = {"udfs": {udf.id: text}} if name == "udf" else {name: text}
                for refused in (
                    problems_of(create, session, company, **given),
                    problems_of(edit, session, ticket, **given),
                ):
                    assert part in refused[f"udf:{udf.id}" if name == "udf" else name]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_choice_that_does_not_exist_is_refused(subtests, session, company):
    for name in [name for name, field in FIELDS.items() if field.kind in {"picklist", "company", "resource"}]:
        for value in [99, -1, 2**31 - 1, 2**31, -(2**63), 2**64, "5", "x", 1.5]:
            with subtests.test(name=name, value=value):
                assert set(problems_of(create, session, company, **{name: value})) == {name}


def test_a_due_time_without_a_zone_is_refused(session, company):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the case
    assert set(problems_of(create, session, company, due_at=naive)) == {"due_at"}
    assert set(problems_of(create, session, company, due_at="2026-01-01")) == {"due_at"}
