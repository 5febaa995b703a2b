"""Editing and completing tickets: history, two people at once, and the stamps of completion."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.clock import now
from portal.core.actors import SYSTEM, Actor, ActorKind, Context
from portal.core.problems import NotFound
from portal.db.engine import db
from portal.desk.ticket_work import add_note, complete_ticket, edit_ticket
from portal.models import (
    Company,
    Delivery,
    PicklistValue,
)
from tests.conftest import BOTH, TECHNICIAN
from tests.desk.ticketing import MOMENT, create, edit, history, problems_of, watch_every_edit

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


def test_an_edit_that_is_refused_changes_nothing(session, ticket):
    problems_of(edit, session, ticket, title="Another", status=99)
    session.expire_all()
    assert ticket.title == "Disk full on SRV1"
    assert len(history(session, ticket)) == 1


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_ticket_that_does_not_exist_is_not_found(subtests, session, app):
    for ticket_id in [0, -1, 99, 2**63, -(2**70)]:
        with subtests.test(ticket_id=ticket_id):
            context = Context(TECHNICIAN, MOMENT, "DEV3.COM")
            with pytest.raises(NotFound):
                edit_ticket(session(), context, ticket_id, {"title": "x"}, {})
            with pytest.raises(NotFound):
                complete_ticket(session(), context, ticket_id)
            with pytest.raises(NotFound):
                add_note(session(), context, ticket_id, title="x", description="y")


# Two people at once


def test_an_editor_who_has_not_seen_the_latest_change_is_stopped(session, ticket):
    seen = ticket.last_activity_at
    edit(session, ticket, seen=seen, title="First")
    assert "somebody else" in problems_of(edit, session, ticket, seen=seen, title="Second")[""]
    edit(session, ticket, seen=ticket.last_activity_at, title="Second")
    assert ticket.title == "Second"


def test_a_change_is_seen_even_when_the_clock_stands_or_is_set_back(subtests, session, company):
    for back in [0, 1, 3600]:
        with subtests.test(back=back):
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
                    edit_ticket(mine, Context(TECHNICIAN, now(), "D"), ticket_id, {}, {udf_id: str(number)})
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
    complete_ticket(session(), Context(actor, MOMENT, "DEV3.COM"), ticket.id)
    session.commit()
    assert (ticket.status, ticket.completed_at, ticket.completed_by_id) == (5, MOMENT, technician.id)
    assert history(session, ticket)[-1] == (technician.name, "Status", "New", "Complete")


def test_a_later_edit_and_a_second_completion_keep_the_first_stamp(session, ticket, technician):
    edit(session, ticket, at=MOMENT, status=5)
    edit(session, ticket, actor=Actor(ActorKind.API, "RMM", technician.id), resolution="Freed", status=5)
    complete_ticket(session(), Context(TECHNICIAN, now(), "DEV3.COM"), ticket.id)
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
