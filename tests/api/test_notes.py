"""Notes on tickets through the web services API."""

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.core.actors import SYSTEM, Context
from portal.desk.ticket_work import add_note
from portal.models import Resource, TicketHistory, TicketNote
from tests.api.conftest import Client, errors, made, term


@pytest.fixture
def fields(ticket) -> dict[str, object]:
    return {
        "TicketID": ticket.id,
        "Title": "Looked at",
        "Description": "By <me> & you",
        "NoteType": 99,
        "Publish": 2,
    }


def the(rmm: Client, note_id: int):
    (note,) = rmm.find("TicketNote", term("id", "Equals", note_id))
    return note


def test_a_note_comes_back_as_it_was_given(rmm: Client, api_user: Resource, fields):
    (note_id,) = made(rmm.create(rmm.entity("TicketNote", **fields)))
    note = the(rmm, note_id)
    assert {name: note[name] for name in fields} == fields
    assert note.CreatorResourceID == api_user.id
    assert note.CreateDateTime == note.LastActivityDate


def test_required_fields_are_asked_for(subtests, rmm: Client, fields):
    for name in ["TicketID", "Title", "Description", "NoteType", "Publish"]:
        with subtests.test(name=name):
            answer = rmm.create(
                rmm.entity("TicketNote", **{each: fields[each] for each in fields if each != name})
            )
            assert errors(answer) == [f"Error creating entity for record number [1]: {name} is required."]


def test_a_value_that_cannot_be_is_refused(subtests, rmm: Client, fields, look):
    for name, value, told in [
        ("TicketID", 999, "TicketID: There is no ticket with the id 999."),
        ("NoteType", 4711, "NoteType: Note type 4711 does not exist."),
        ("Publish", 3, "Publish: Publish 3 does not exist; choose one of (1, 2, 4)."),
        ("Title", "x" * 251, "Title: Title has 251 characters"),
    ]:
        with subtests.test(name=name, value=value, told=told):
            (message,) = errors(rmm.create(rmm.entity("TicketNote", **fields | {name: value})))
            assert told in message
            assert look(select(TicketNote)) == []


def test_a_note_can_be_changed_and_history_says_so(rmm: Client, fields, look, api_user: Resource):
    (note_id,) = made(rmm.create(rmm.entity("TicketNote", **fields)))
    read = the(rmm, note_id)
    read.Description = "Something else"
    assert made(rmm.update(read)) == [note_id]
    note = the(rmm, note_id)
    assert (note.Title, note.Description, note.Publish) == ("Looked at", "Something else", 2)
    assert note.LastActivityDate >= note.CreateDateTime
    last = look(select(TicketHistory))[-1]
    assert (last.field, last.actor) == ("Note", api_user.name)


def test_sending_back_what_was_read_changes_nothing(rmm: Client, fields, look):
    (note_id,) = made(rmm.create(rmm.entity("TicketNote", **fields)))
    before = len(look(select(TicketHistory)))
    assert made(rmm.update(the(rmm, note_id))) == [note_id]
    assert len(look(select(TicketHistory))) == before


def test_a_change_is_checked_like_a_new_note(rmm: Client, fields):
    (note_id,) = made(rmm.create(rmm.entity("TicketNote", **fields)))
    (message,) = errors(rmm.update(rmm.entity("TicketNote", id=note_id, Publish=3)))
    assert message.startswith("Error updating entity for record number [1]: Publish: ")


def test_a_note_stays_on_its_ticket(rmm: Client, fields):
    (note_id,) = made(rmm.create(rmm.entity("TicketNote", **fields)))
    (message,) = errors(rmm.update(rmm.entity("TicketNote", id=note_id, TicketID=999)))
    assert "can't be moved" in message


def test_the_portals_own_notes_cannot_be_changed(rmm: Client, session, ticket):
    note, _ = add_note(
        session(), Context(SYSTEM, now(), "DEV3.COM"), ticket.id, title="Callout delivered", description="x"
    )
    session.commit()
    (message,) = errors(rmm.update(rmm.entity("TicketNote", id=note.id, Title="Never happened")))
    assert "can't be changed" in message
    assert the(rmm, note.id).Title == "Callout delivered"
    assert made(rmm.update(the(rmm, note.id))) == [note.id]


def test_an_unknown_note_is_named(rmm: Client):
    (message,) = errors(rmm.update(rmm.entity("TicketNote", id=999, Title="x")))
    assert "no note with the id 999" in message
