"""The editor of tickets: what it saves, what it refuses, and who saves second."""

import html
from datetime import timedelta

import lxml.html
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.core.actors import Context
from portal.desk.ticket_work import edit_ticket
from portal.models import PicklistValue, Ticket, TicketHistory, Udf
from portal.models.udf import DATE, LIST, NUMBER, TEXT
from tests.conftest import TECHNICIAN
from tests.web.test_tickets import error_beside, text_of


@pytest.fixture
def browser_form(as_technician: FlaskClient):
    """What a browser would send from a form: every field as it stands, with some changed."""

    def fill(path: str, **changes: str) -> dict[str, str]:
        page = lxml.html.fromstring(as_technician.get(path).text)
        (form,) = page.xpath(
            '//main//form[@method="post" and @data-guard and not(contains(@action, "/notes"))]'
        )
        return dict(form.form_values()) | changes

    return fill


def test_a_new_ticket_is_made_and_shown(as_technician, session, company, browser_form, technician):
    form = browser_form("/tickets/new", title="Printer", company_id=str(company.id), description="a\r\nb")
    answer = as_technician.post("/tickets/new", data=form)
    assert answer.status_code == 302
    ticket = session.scalars(select(Ticket)).one()
    assert answer.location == f"/tickets/{ticket.id}"
    assert (ticket.title, ticket.status, ticket.description) == ("Printer", 1, "a\nb")
    assert ticket.creator_id == technician.id
    page = as_technician.get(answer.location)
    assert f"Ticket {ticket.number} was created." in text_of(page)
    assert ticket.number in text_of(page)


def test_save_and_new_opens_an_empty_form_again(as_technician, company, browser_form):
    form = browser_form("/tickets/new", title="Printer", company_id=str(company.id), then="new")
    assert as_technician.post("/tickets/new", data=form).location == "/tickets/new"


def test_what_is_missing_is_said_beside_its_field_and_nothing_typed_is_lost(
    as_technician, company, browser_form
):
    form = browser_form("/tickets/new", title=" ", description="Kept <b>text</b>")
    answer = as_technician.post("/tickets/new", data=form)
    assert answer.status_code == 422
    assert error_beside(answer, "title") == "Title is required."
    assert error_beside(answer, "company_id") == "Company is required."
    assert html.escape("Kept <b>text</b>") in answer.text


def test_a_value_that_cannot_be_kept_is_refused_beside_its_field(
    as_technician, session, company, browser_form, subtests
):
    for field, value, sentence in [
        ("title", "x" * 256, "at most 255"),
        ("description", "x" * 8001, "at most 8,000"),
        ("title", "a\x00b", "NUL"),
        ("status", "99", "no active value"),
        ("queue", "99", "no active value"),
        ("status", "abc", "Choose one of the list."),
        ("company_id", "999", "no active company"),
        ("company_id", "9" * 40, "Choose one of the list."),
        ("assigned_resource_id", "999", "no active resource"),
        ("due_at", "tomorrow", "like 2030-01-31 14:00"),
        ("external_id", "x" * 101, "at most 100"),
    ]:
        with subtests.test(field=field, value=value):
            form = browser_form("/tickets/new", title="Printer", company_id=str(company.id)) | {field: value}
            answer = as_technician.post("/tickets/new", data=form)
            assert answer.status_code == 422
            assert sentence in error_beside(answer, field)
            assert session.scalar(select(Ticket)) is None


def test_each_kind_of_udf_is_entered_checked_and_shown(as_technician, session, company, browser_form):
    udfs = [
        Udf(name="Alert", type=TEXT),
        Udf(name="Count", type=NUMBER),
        Udf(name="Since", type=DATE),
        Udf(name="Site", type=LIST, options="Vienna\nGraz"),
        Udf(name="Gone", type=TEXT, active=False),
    ]
    session.add_all(udfs)
    session.commit()
    alert, count, since, site, gone = (f"udf_{each.id}" for each in udfs)
    form = browser_form("/tickets/new", title="Printer", company_id=str(company.id))
    assert gone not in form
    bad = as_technician.post("/tickets/new", data=form | {count: "many", since: "soon", site: "Paris"})
    assert bad.status_code == 422
    good = as_technician.post(
        "/tickets/new", data=form | {alert: "A & B", count: "3.5", since: "2030-01-31", site: "Graz"}
    )
    tree = lxml.html.fromstring(as_technician.get(good.location).text)
    facts = dict(zip(tree.xpath("//dt/text()"), tree.xpath("//dd"), strict=True))
    found = {name: fact.text_content() for name, fact in facts.items()}
    assert found | {"Alert": "A & B", "Count": "3.5", "Since": "2030-01-31", "Site": "Graz"} == found


def test_an_edit_changes_only_what_was_changed(as_technician, session, ticket, browser_form):
    form = browser_form(f"/tickets/{ticket.id}/edit", title="Another title")
    answer = as_technician.post(f"/tickets/{ticket.id}/edit", data=form)
    assert answer.location == f"/tickets/{ticket.id}"
    session.expire_all()
    assert ticket.title == "Another title"
    history = session.scalars(select(TicketHistory).order_by(TicketHistory.id)).all()
    assert [each.field for each in history] == ["Ticket", "Title"]


def test_a_save_without_a_change_leaves_no_trace(as_technician, session, ticket, browser_form):
    before = ticket.last_activity_at
    form = browser_form(f"/tickets/{ticket.id}/edit")
    assert as_technician.post(f"/tickets/{ticket.id}/edit", data=form).status_code == 302
    session.expire_all()
    assert ticket.last_activity_at == before
    assert len(session.scalars(select(TicketHistory)).all()) == 1


def test_a_due_time_is_typed_in_the_users_zone(as_technician, session, ticket, technician, browser_form):
    technician.time_zone = "Europe/Vienna"
    session.commit()
    form = browser_form(f"/tickets/{ticket.id}/edit", due_at="2030-07-01T12:00")
    as_technician.post(f"/tickets/{ticket.id}/edit", data=form)
    session.expire_all()
    assert ticket.due_at.isoformat() == "2030-07-01T10:00:00+00:00"
    assert browser_form(f"/tickets/{ticket.id}/edit")["due_at"] == "2030-07-01T12:00"
    assert "1 Jul 2030, 12:00:00 CEST" in text_of(as_technician.get(f"/tickets/{ticket.id}"))


def test_two_who_edit_at_once_do_not_overwrite_each_other(as_technician, session, ticket, browser_form):
    path = f"/tickets/{ticket.id}/edit"
    form = browser_form(path, title="Mine")
    later = ticket.last_activity_at + timedelta(seconds=5)
    edit_ticket(session(), Context(TECHNICIAN, later, "D"), ticket.id, {"title": "Theirs"}, {})
    session.commit()
    refused = as_technician.post(path, data=form)
    assert refused.status_code == 422
    assert "changed by somebody else" in text_of(refused)
    assert 'value="Mine"' in refused.text
    page = lxml.html.fromstring(refused.text)
    (again,) = page.xpath("//main//form[@data-guard]")
    assert as_technician.post(path, data=dict(again.form_values())).status_code == 302
    session.expire_all()
    assert ticket.title == "Mine"


def test_an_inactive_value_that_a_ticket_has_stays_choosable_for_it(
    as_technician, session, ticket, browser_form
):
    session.scalars(
        select(PicklistValue).filter_by(list_name="status", value=ticket.status)
    ).one().active = False
    ticket.company.active = False
    session.commit()
    form = browser_form(f"/tickets/{ticket.id}/edit", title="Changed")
    assert form["status"] == str(ticket.status)
    assert as_technician.post(f"/tickets/{ticket.id}/edit", data=form).status_code == 302
