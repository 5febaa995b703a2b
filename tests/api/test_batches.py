"""A batch is carried out whole or not at all, and its mistakes name the record."""

import threading

import pytest
from sqlalchemy import select, text

from portal.db.engine import db
from portal.models import Company, Resource, Ticket, TicketNote
from portal.models.people import API_USER
from tests.api.conftest import Client, Server, errors, made
from tests.conftest import make_resource, make_ticket
from tests.servers import wait_until


@pytest.fixture
def fields(company: Company) -> dict[str, object]:
    return {"AccountID": company.id, "Title": "Disk full", "Status": 1, "Priority": 1}


def test_nothing_of_a_batch_with_a_mistake_is_kept_and_each_mistake_is_told(rmm: Client, fields, look):
    good, bad = rmm.ticket(**fields), rmm.ticket(**fields | {"AccountID": 999})
    answer = rmm.create(good, bad, good, rmm.ticket(Title="No company"))
    assert answer.ReturnCode == -1
    assert answer.EntityReturnInfoResults is None
    assert [message.partition(": ")[0] for message in errors(answer)] == [
        "Error creating entity for record number [2]",
        *["Error creating entity for record number [4]"] * 3,
    ]
    assert look(select(Ticket)) == []


def test_nothing_of_an_update_with_a_mistake_is_kept(rmm: Client, session, company, look):
    first, second = make_ticket(session, company), make_ticket(session, company)
    answer = rmm.update(rmm.ticket(id=first.id, Status=5), rmm.ticket(id=second.id, Status=4711))
    assert [message[:45] for message in errors(answer)] == ["Error updating entity for record number [2]: "]
    assert {each.status for each in look(select(Ticket))} == {1}


def test_no_brackets_but_the_records_number_stand_in_a_message(rmm: Client, fields):
    (message,) = errors(rmm.create(rmm.ticket({"[9]": "x"}, **fields)))
    assert message.count("[") == message.count("]") == 1
    assert "“(9)”" in message


def test_records_of_different_entities_may_stand_in_one_batch(rmm: Client, ticket, fields, look):
    note = rmm.entity("TicketNote", TicketID=ticket.id, Title="t", Description="d", NoteType=1, Publish=1)
    answer = rmm.create(rmm.ticket(**fields), note)
    ids = made(answer)
    assert [type(each).__name__ for each in answer.EntityResults.Entity] == ["Ticket", "TicketNote"]
    assert [each.id for each in answer.EntityResults.Entity] == ids
    assert len(look(select(TicketNote))) == 1


def test_the_same_ticket_twice_in_one_batch_is_changed_twice(rmm: Client, ticket, look):
    answer = rmm.update(rmm.ticket(id=ticket.id, Status=8), rmm.ticket(id=ticket.id, Title="Changed"))
    assert made(answer) == [ticket.id, ticket.id]
    assert [(each.status, each.title) for each in look(select(Ticket))] == [(8, "Changed")]


def test_two_hundred_records_are_taken_and_one_more_is_not(rmm: Client, fields, look):
    one = rmm.ticket(**fields)
    assert "at most 200" in errors(rmm.create(*[one] * 201))[0]
    assert look(select(Ticket)) == []
    ids = made(rmm.create(*[one] * 200))
    assert len(set(ids)) == 200
    numbers = [each.number for each in look(select(Ticket).order_by(Ticket.id))]
    assert [number[-4:] for number in numbers] == [f"{count:04d}" for count in range(1, 201)]


def test_an_empty_batch_is_refused(rmm: Client):
    assert errors(rmm.create()) == ["There are no entities in the request."]


def test_two_clients_at_once_never_share_a_number(server: Server, session, fields, look):
    clients = [server.client(make_resource(session, API_USER)) for _ in range(4)]
    threads = [
        threading.Thread(target=lambda one=one: [one.create(one.ticket(**fields)) for _ in range(5)])
        for one in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [each.number for each in look(select(Ticket))]
    assert len(numbers) == len(set(numbers)) == 20


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_a_batch_that_the_database_ends_in_a_deadlock_is_tried_again(
    app, server: Server, session, company, api_user: Resource, look
):
    """Another transaction holds the second ticket and then wants the first: one of the two must give way."""
    first, second = make_ticket(session, company), make_ticket(session, company)
    client = server.client(api_user)
    answers = []
    batch = threading.Thread(
        target=lambda: answers.append(
            client.update(client.ticket(id=first.id, Title="Mine"), client.ticket(id=second.id, Title="Mine"))
        )
    )
    lock = text("SELECT id FROM ticket WHERE id = :id FOR UPDATE")
    with db.engine.connect() as other:
        # this one looks for deadlocks much later, so the batch is the one that is ended
        other.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        other.execute(lock, {"id": second.id})
        batch.start()
        wait_until(_somebody_waits, what="the batch waits for the second ticket")
        other.execute(lock, {"id": first.id})
        other.commit()
    batch.join(60)
    assert made(answers[0]) == [first.id, second.id]
    assert {each.title for each in look(select(Ticket))} == {"Mine"}


def _somebody_waits() -> bool:
    with db.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))
