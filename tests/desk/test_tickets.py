"""Tickets: how they are numbered, what they accept, and what their history tells."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import now
from portal.core.actors import SYSTEM, Actor, ActorKind
from portal.core.problems import Invalid, NotFound
from portal.desk.sequence import next_in_day
from portal.desk.tickets import add_note, complete_ticket, create_ticket, edit_ticket
from portal.extensions import db
from portal.models import (
    Company,
    Delivery,
    PicklistValue,
    Rule,
    RuleEvent,
    Ticket,
    TicketHistory,
    TicketNote,
    TicketSequence,
)
from portal.workflow.fields import FIELDS
from tests.conftest import BOTH, TECHNICIAN
from tests.delivery.conftest import make_callout

CONTACT = Actor(ActorKind.CONTACT, "Carl Customer")
MOMENT = datetime(2026, 7, 1, 15, 0, tzinfo=UTC)


def create(session, company, *, actor=TECHNICIAN, at=None, udfs=None, **values) -> Ticket:
    given = {"title": "Disk full", "company_id": company.id} | values
    ticket = create_ticket(session(), given, udfs or {}, actor=actor, now=at or now(), domain="DEV3.COM")
    session.commit()
    return ticket


def edit(session, ticket, *, actor=TECHNICIAN, at=None, seen=None, udfs=None, **values) -> Ticket:
    moment = at or now()
    edit_ticket(
        session(), ticket.id, values, udfs or {}, actor=actor, now=moment, domain="DEV3.COM", seen=seen
    )
    session.commit()
    return ticket


def problems_of(do, *args, **values) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        do(*args, **values)
    args[0].rollback()
    for said in refused.value.problems.values():
        assert said[0].isupper() or said[0] == "“"
        assert said.endswith(".")
    return refused.value.problems


def history(session, ticket) -> list[tuple[str, str, str, str]]:
    rows = session.scalars(select(TicketHistory).filter_by(ticket_id=ticket.id).order_by(TicketHistory.id))
    return [(row.actor, row.field, row.old, row.new) for row in rows]


# Numbers


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
        session(),
        {"title": "x", "company_id": company.id},
        {},
        actor=TECHNICIAN,
        now=MOMENT,
        domain="DEV3.COM",
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
                    create_ticket(mine, values, {}, actor=TECHNICIAN, now=MOMENT, domain="DEV3.COM")
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


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.required])
@pytest.mark.parametrize("empty", ["", "  \r\n"])
def test_a_required_field_cannot_be_empty(session, company, ticket, name, empty):
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
@pytest.mark.parametrize(("name", "most"), LIMITS.items())
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(session, company, name, most):
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
@pytest.mark.parametrize(
    "text",
    [
        "日本語 😀",
        "<script>alert('x')</script>",
        "'; DROP TABLE ticket; --",
        "a\x01\x1b[31m\x7f",
        "\ufffe\uffff",
    ],
    ids=ascii,
)
def test_odd_texts_are_stored_as_they_are(session, company, make_udf, text):
    udf = make_udf()
    ticket = create(session, company, title=text, description=text, udfs={udf.id: text})
    session.expire_all()
    assert (ticket.title, ticket.description, ticket.udf_values[0].value) == (text, text, text)


@pytest.mark.parametrize("name", [*LIMITS, "udf"])
@pytest.mark.parametrize(("text", "part"), [("a\x00b", "NUL"), ("a\ud800", "half of a character")])
def test_a_text_that_no_database_stores_is_refused_in_words(
    session, company, ticket, make_udf, name, text, part
):
    udf = make_udf()
    given = {"udfs": {udf.id: text}} if name == "udf" else {name: text}
    for refused in (
        problems_of(create, session, company, **given),
        problems_of(edit, session, ticket, **given),
    ):
        assert part in refused[f"udf:{udf.id}" if name == "udf" else name]


@pytest.mark.parametrize("app", BOTH, indirect=True)
@pytest.mark.parametrize(
    "name", [name for name, field in FIELDS.items() if field.kind in {"picklist", "company", "resource"}]
)
@pytest.mark.parametrize("value", [99, -1, 2**31 - 1, 2**31, -(2**63), 2**64, "5", "x", 1.5], ids=repr)
def test_a_choice_that_does_not_exist_is_refused(session, company, name, value):
    assert set(problems_of(create, session, company, **{name: value})) == {name}


def test_a_due_time_without_a_zone_is_refused(session, company):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - that is the case
    assert set(problems_of(create, session, company, due_at=naive)) == {"due_at"}
    assert set(problems_of(create, session, company, due_at="2026-01-01")) == {"due_at"}


# What has been deactivated


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.kind == "picklist"])
def test_an_inactive_value_is_refused_but_kept_where_it_is(session, company, name):
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


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
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
    ],
)
def test_a_udf_takes_what_its_type_says(session, company, make_udf, kind, good, bad):
    udf = make_udf(kind, options="Gold\n Two words \n\n")
    for text in good:
        ticket = create(session, company, udfs={udf.id: f" {text} "})
        assert [each.value for each in ticket.udf_values] == [text]
    for text in bad:
        said = problems_of(create, session, company, udfs={udf.id: text})
        assert set(said) == {f"udf:{udf.id}"}


@pytest.mark.parametrize("empty", ["", None, " \t\r\n"])
def test_an_empty_udf_value_is_no_value(session, company, make_udf, empty):
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


@pytest.mark.parametrize("text", ["other", ""])
def test_an_inactive_udf_keeps_its_data(session, company, make_udf, text):
    udf = make_udf()
    ticket = create(session, company, udfs={udf.id: "A-1"})
    udf.active = False
    session.commit()
    assert "inactive" in problems_of(edit, session, ticket, udfs={udf.id: text})[f"udf:{udf.id}"]
    edit(session, ticket, title="Another", udfs={udf.id: "A-1"})
    assert [each.value for each in ticket.udf_values] == ["A-1"]


# Editing


def test_history_tells_who_changed_what_from_what_to_what_in_labels(session, company, technician, make_udf):
    udf = make_udf()
    other = Company(name="Contoso")
    session.add(other)
    session.commit()
    ticket = create(session, company)
    edit(session, ticket, actor=Actor(ActorKind.API, "Mock RMM"), status=8, queue=8, udfs={udf.id: "A-1"})
    edit(session, ticket, company_id=other.id, assigned_resource_id=technician.id, queue=None)
    assert history(session, ticket)[1:] == [
        ("Mock RMM", "Status", "New", "In Progress"),
        ("Mock RMM", "Queue", "", "Monitoring Alert"),
        ("Mock RMM", udf.name, "", "A-1"),
        ("Tess Technician", "Company", company.name, "Contoso"),
        ("Tess Technician", "Queue", "Monitoring Alert", ""),
        ("Tess Technician", "Assigned resource", "", technician.name),
    ]


def test_history_keeps_the_labels_of_its_time(session, ticket):
    edit(session, ticket, status=8)
    session.execute(update(PicklistValue).filter_by(list_name="status", value=8).values(label="Working"))
    session.commit()
    assert history(session, ticket)[-1] == ("Tess Technician", "Status", "New", "In Progress")


def test_what_the_workflow_changes_is_told_as_system(session, ticket):
    edit(session, ticket, actor=SYSTEM, priority=1)
    assert history(session, ticket)[-1] == ("System", "Priority", "Medium", "High")


def test_another_case_is_a_change(session, company):
    ticket = create(session, company, title="disk full")
    edit(session, ticket, title="Disk full")
    assert history(session, ticket)[-1][1:] == ("Title", "disk full", "Disk full")


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_an_edit_that_changes_nothing_is_no_edit(session, company, make_udf, technician):
    udf = make_udf()
    due = datetime(2026, 7, 1, 16, 0, tzinfo=UTC)
    values = {"title": "Disk full", "description": "one\ntwo", "due_at": due, "queue": 8}
    ticket = create(session, company, at=MOMENT, udfs={udf.id: "A-1"}, **values)
    watch_every_edit(session)
    session.expire_all()
    same = {
        "title": " Disk full ",
        # as a browser sends what it was given
        "description": "one\r\ntwo\r\n",
        # as another zone tells it
        "due_at": due.astimezone(timezone(timedelta(hours=-5))),
        "queue": 8,
        "resolution": None,
        "assigned_resource_id": None,
        "ticket_type": "",
    }
    edit(session, ticket, udfs={udf.id: " A-1 "}, **same)
    edit(session, ticket)
    assert ticket.last_activity_at == MOMENT
    assert len(history(session, ticket)) == 1
    assert session.scalar(select(func.count(Delivery.id))) == 0
    edit(session, ticket, title="Disk fuller")
    assert session.scalar(select(func.count(Delivery.id))) == 1


def watch_every_edit(session) -> None:
    """The basic rule: edited by anyone, no conditions."""
    callout = make_callout(session, "http://127.0.0.1:9/")
    rule = session.scalars(select(Rule).filter_by(name=f"Tell {callout.name}")).one()
    rule.conditions, rule.events = [], [RuleEvent(kind="edited")]
    session.commit()


def test_an_edit_that_is_refused_changes_nothing(session, ticket):
    problems_of(edit, session, ticket, title="Another", status=99)
    session.expire_all()
    assert ticket.title == "Disk full on SRV1"
    assert len(history(session, ticket)) == 1


@pytest.mark.parametrize("ticket_id", [0, -1, 99, 2**63, -(2**70)])
@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_ticket_that_does_not_exist_is_not_found(session, app, ticket_id):
    options = {"actor": TECHNICIAN, "now": MOMENT}
    with pytest.raises(NotFound):
        edit_ticket(session(), ticket_id, {"title": "x"}, {}, domain="DEV3.COM", **options)
    with pytest.raises(NotFound):
        complete_ticket(session(), ticket_id, domain="DEV3.COM", **options)
    with pytest.raises(NotFound):
        add_note(session(), ticket_id, title="x", description="y", **options)


# Two people at once


def test_an_editor_who_has_not_seen_the_latest_change_is_stopped(session, ticket):
    seen = ticket.last_activity_at
    edit(session, ticket, seen=seen, title="First")
    assert "somebody else" in problems_of(edit, session, ticket, seen=seen, title="Second")[""]
    edit(session, ticket, seen=ticket.last_activity_at, title="Second")
    assert ticket.title == "Second"


@pytest.mark.parametrize("back", [0, 1, 3600])
def test_a_change_is_seen_even_when_the_clock_stands_or_is_set_back(session, company, back):
    ticket = create(session, company, at=MOMENT)
    seen = ticket.last_activity_at
    edit(session, ticket, at=MOMENT - timedelta(seconds=back), title="First")
    assert ticket.last_activity_at > seen
    assert problems_of(edit, session, ticket, seen=seen, title="Second")


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_edits_at_once_are_made_one_after_another_and_none_is_lost(session, company, make_udf):
    udfs = [make_udf() for _ in range(3)]
    ticket = create(session, company, udfs={each.id: "0" for each in udfs})
    ticket_id, ids = ticket.id, [each.id for each in udfs]
    session.commit()
    engine = db.engine  # asked for here: a thread has no app context
    barrier, failures = threading.Barrier(3), []

    def work(udf_id: int) -> None:
        try:
            barrier.wait(20)
            for number in range(1, 6):
                with Session(engine) as mine, mine.begin():
                    edit_ticket(
                        mine, ticket_id, {}, {udf_id: str(number)}, actor=TECHNICIAN, now=now(), domain="D"
                    )
        except Exception as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(each,)) for each in ids]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert failures == []
    session.expire_all()
    assert {each.udf_id: each.value for each in ticket.udf_values} == dict.fromkeys(ids, "5")
    told = history(session, ticket)[1:]
    assert len(told) == 15
    for udf in udfs:
        steps = [(old, new) for _, name, old, new in told if name == udf.name]
        assert steps == [(str(number), str(number + 1)) for number in range(5)]


# Completing


def test_completing_stamps_the_date_and_the_resource(session, ticket, technician):
    actor = Actor(ActorKind.RESOURCE, technician.name, technician.id)
    complete_ticket(session(), ticket.id, actor=actor, now=MOMENT, domain="DEV3.COM")
    session.commit()
    assert (ticket.status, ticket.completed_at, ticket.completed_by_id) == (5, MOMENT, technician.id)
    assert history(session, ticket)[-1] == (technician.name, "Status", "New", "Complete")


def test_a_later_edit_and_a_second_completion_keep_the_first_stamp(session, ticket, technician):
    edit(session, ticket, at=MOMENT, status=5)
    edit(session, ticket, actor=Actor(ActorKind.API, "RMM", technician.id), resolution="Freed", status=5)
    complete_ticket(session(), ticket.id, actor=TECHNICIAN, now=now(), domain="DEV3.COM")
    assert (ticket.completed_at, ticket.completed_by_id) == (MOMENT, None)


def test_a_reopened_ticket_has_no_stamp_and_gets_a_new_one(session, ticket, technician):
    edit(session, ticket, at=MOMENT, status=5)
    edit(session, ticket, status=8)
    assert (ticket.completed_at, ticket.completed_by_id) == (None, None)
    later = MOMENT + timedelta(days=400)
    edit(session, ticket, actor=Actor(ActorKind.API, "RMM", technician.id), at=later, status=5)
    assert (ticket.completed_at, ticket.completed_by_id) == (later, technician.id)


def test_a_ticket_that_is_created_complete_is_stamped(session, company):
    assert create(session, company, at=MOMENT, status=5).completed_at == MOMENT


# Notes


def note(session, ticket, **values) -> TicketNote:
    given = {"title": "Called", "description": "No answer", "actor": TECHNICIAN, "now": now()} | values
    made = add_note(session(), ticket.id, **given)
    session.commit()
    return made


def test_a_note_tells_its_author_and_moves_the_tickets_last_activity(session, ticket, technician):
    actor = Actor(ActorKind.RESOURCE, technician.name, technician.id)
    at = ticket.last_activity_at + timedelta(hours=1)
    made = note(session, ticket, actor=actor, now=at, title=" Called ", description="one\r\ntwo\r\n")
    assert (made.title, made.description) == ("Called", "one\ntwo")
    assert (made.creator_id, made.created_at, made.note_type, made.publish) == (technician.id, at, 3, 1)
    assert ticket.last_activity_at == at


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 251}, "title"),
        ({"title": "\x00"}, "title"),
        ({"description": ""}, "description"),
        ({"description": "x" * 32_001}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"note_type": 4}, "note_type"),
        ({"publish": 3}, "publish"),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused_in_words(session, ticket, values, name):
    assert set(problems_of(note, session, ticket, **values)) == {name}
    assert session.scalar(select(func.count(TicketNote.id))) == 0


def test_a_note_is_no_edit(session, ticket):
    watch_every_edit(session)
    note(session, ticket)
    assert session.scalar(select(func.count(Delivery.id))) == 0
    assert len(history(session, ticket)) == 1


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
