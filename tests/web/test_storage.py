"""Pages when the database will not: they say so, keep what was typed, leave nothing half-done, and come back."""

import pytest
from sqlalchemy import func, select

from portal.db.engine import db
from portal.models import Delivery, Ticket, TicketHistory, TicketNote
from tests.conftest import BOTH, PASSWORD, make_ticket, sign_in
from tests.storage import away, full, locked, read_only
from tests.web.reading import tree_of

LONG = "Nothing is written to it.\r\n" * 290
WAYS = {"full": full, "read_only": read_only}


def counts() -> list[int]:
    db.session.remove()
    tables = (Ticket, TicketHistory, TicketNote, Delivery)
    found = [db.session.scalar(select(func.count()).select_from(each)) for each in tables]
    db.session.remove()
    return found


def heading(answer) -> str:
    return tree_of(answer).findtext(".//h1").strip()


@pytest.fixture
def signed_in(client, technician):
    sign_in(client, technician)
    return client


@pytest.mark.parametrize(
    ("way", "title"),
    [("full", "The portal's disk is full"), ("read_only", "The database can only be read")],
)
def test_a_ticket_that_cannot_be_saved_says_so_and_nothing_is_half_done(
    signed_in, session, company, callout, way, title
):
    ticket = make_ticket(session, company)
    ticket_id, company_id, seen = ticket.id, company.id, ticket.last_activity_at.isoformat()
    before = counts()
    fields = {"title": "Disk full", "company_id": company_id, "description": LONG, "status": 5, "priority": 2}
    with WAYS[way]():
        created = signed_in.post("/tickets/new", data=fields)
        edited = signed_in.post(f"/tickets/{ticket_id}/edit", data=fields | {"seen": seen})
        shown = signed_in.get(f"/tickets/{ticket_id}")
    assert (created.status_code, heading(created)) == (503, title)
    assert "nothing was saved" in created.text
    assert (edited.status_code, heading(edited)) == (503, title)
    # it can still be read
    assert shown.status_code == 200
    assert counts() == before
    assert signed_in.post("/tickets/new", data=fields).status_code == 302


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_completing_a_ticket_in_a_read_only_database_changes_nothing(signed_in, session, company, callout):
    ticket_id = make_ticket(session, company).id
    before = counts()
    with read_only():
        answer = signed_in.post(f"/tickets/{ticket_id}/complete")
        assert (answer.status_code, heading(answer)) == (503, "The database can only be read")
        assert "Retry-After" not in answer.headers
        assert signed_in.get("/tickets").status_code == 200
    assert counts() == before
    assert signed_in.post(f"/tickets/{ticket_id}/complete").status_code == 302
    assert counts() == [before[0], before[1] + 1, before[2], before[3] + 1]


def test_what_was_typed_is_sent_again_by_a_button(signed_in, company):
    fields = {
        "title": 'A "quoted" <title>',
        "company_id": str(company.id),
        "description": "\nTwo\r\nlines\r\n",
        "priority": "2",
    }
    with full():
        answer = signed_in.post("/tickets/new", data=fields | {"description": "\n" + LONG})
    form = tree_of(answer).xpath("//main//form[.//button[normalize-space()='Try again']]")[0]
    assert form.get("action") == "/tickets/new"
    kept = dict(form.form_values())
    assert kept["title"] == fields["title"]
    assert kept["description"].replace("\r\n", "\n") == ("\n" + LONG).replace("\r\n", "\n")
    assert signed_in.post(form.get("action"), data=kept).status_code == 302


def test_a_password_that_could_not_be_saved_is_not_in_the_page(client, admin):
    sign_in(client, admin)
    secret = "never to be shown 1"
    typed = {"current": PASSWORD, "password": secret, "again": secret}
    with read_only():
        answer = client.post("/profile/password", data=typed)
    assert (answer.status_code, heading(answer)) == (503, "The database can only be read")
    assert secret not in answer.text
    assert not tree_of(answer).xpath("//main//form")


def test_signing_in_to_a_read_only_portal_says_why_it_fails(client, technician):
    typed = {"user_name": technician.user_name, "password": PASSWORD}
    with read_only():
        answer = client.post("/sign-in", data=typed)
    assert (answer.status_code, heading(answer)) == (503, "The database can only be read")
    assert PASSWORD not in answer.text


def test_a_lock_that_is_not_let_go_of_in_time_is_said_to_be_one(app, signed_in, session, company, callout):
    ticket_id = make_ticket(session, company).id
    before = counts()
    with locked(app):
        answer = signed_in.post(f"/tickets/{ticket_id}/complete")
        assert (answer.status_code, heading(answer)) == (503, "The database was busy for too long")
        assert answer.headers["Retry-After"] == "5"
        assert signed_in.get(f"/tickets/{ticket_id}").status_code == 200
    assert counts() == before
    assert signed_in.post(f"/tickets/{ticket_id}/complete").status_code == 302


@pytest.mark.parametrize("app", ["postgres"], indirect=True)
def test_while_postgresql_is_away_pages_say_so_and_afterwards_they_are_back(
    app, signed_in, session, company, postgres
):
    ticket_id = make_ticket(session, company).id
    with away(postgres):
        for answer in (
            signed_in.get(f"/tickets/{ticket_id}"),
            signed_in.post(f"/tickets/{ticket_id}/complete"),
            app.test_client().post("/sign-in", data={"user_name": "x", "password": "y"}),
        ):
            assert (answer.status_code, heading(answer)) == (503, "The database does not answer")
            assert answer.headers["Retry-After"] == "5"
        assert signed_in.get("/healthz").status_code == 200
    assert signed_in.get(f"/tickets/{ticket_id}").status_code == 200
    assert signed_in.post(f"/tickets/{ticket_id}/complete").status_code == 302
