"""Notes of tickets."""

from datetime import timedelta

from sqlalchemy import func, select

from portal.core.actors import Actor, ActorKind
from portal.models import (
    Delivery,
    TicketNote,
)
from tests.desk.ticketing import history, note, problems_of, watch_every_edit


def test_a_note_tells_its_author_and_moves_the_tickets_last_activity(session, ticket, technician):
    actor = Actor(ActorKind.RESOURCE, technician.name, technician.id)
    at = ticket.last_activity_at + timedelta(hours=1)
    made = note(session, ticket, actor=actor, at=at, title=" Called ", description="one\r\ntwo\r\n")
    assert (made.title, made.description) == ("Called", "one\ntwo")
    assert (made.creator_id, made.created_at, made.note_type, made.publish) == (technician.id, at, 3, 1)
    assert ticket.last_activity_at == at


def test_a_note_that_cannot_be_kept_is_refused_in_words(subtests, session, ticket):
    for values, name in [
        ({"title": " "}, "title"),
        ({"title": "x" * 251}, "title"),
        ({"title": "\x00"}, "title"),
        ({"description": ""}, "description"),
        ({"description": "x" * 32_001}, "description"),
        ({"description": "\ud800"}, "description"),
        ({"note_type": 4}, "note_type"),
        ({"publish": 3}, "publish"),
    ]:
        with subtests.test(values=values, name=name):
            assert set(problems_of(note, session, ticket, **values)) == {name}
            assert session.scalar(select(func.count(TicketNote.id))) == 0


def test_a_note_is_no_edit(session, ticket):
    watch_every_edit(session)
    note(session, ticket)
    assert session.scalar(select(func.count(Delivery.id))) == 0
    assert len(history(session, ticket)) == 1
