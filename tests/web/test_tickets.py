"""The tickets' pages: the list, one ticket, notes and Complete."""

from datetime import timedelta

import lxml.html
import pytest
from sqlalchemy import select

from portal.clock import now
from portal.core.actors import Actor, ActorKind, Context
from portal.db import engine
from portal.desk.ticket_work import edit_ticket
from portal.models import Company, Delivery, Ticket, TicketNote, Udf
from portal.models.udf import TEXT
from portal.web import paging
from tests.conftest import BOTH, make_resource, make_ticket
from tests.delivery.conftest import make_callout
from tests.web.reading import said


def text_of(answer) -> str:
    return " ".join(lxml.html.fromstring(answer.text).find(".//main").text_content().split())


def error_beside(answer, field: str) -> str:
    tree = lxml.html.fromstring(answer.text)
    (control,) = tree.xpath(f'//main//form[@data-guard]//*[@name="{field}"]')
    assert control.get("aria-invalid") == "true"
    said = [
        tree.get_element_by_id(each) for each in control.get("aria-describedby").split() if "error" in each
    ]
    return said[0].text_content().strip().removeprefix("Error: ")


def shown(answer) -> list[str]:
    """Give the titles in the list, in order."""
    return [each.text_content().strip() for each in lxml.html.fromstring(answer.text).xpath("//tbody//th")]


def test_an_empty_list_says_how_tickets_come_to_be_and_offers_the_first(as_technician):
    said = text_of(as_technician.get("/tickets"))
    assert "No tickets yet" in said
    assert "New ticket" in said


def test_the_list_shows_open_tickets_latest_first(as_technician, session, company):
    for title in ("first", "second"):
        make_ticket(session, company, title=title)
    make_ticket(session, company, title="done", status=5)
    assert shown(as_technician.get("/tickets")) == ["second", "first"]
    assert shown(as_technician.get("/tickets?status=5")) == ["done"]
    assert shown(as_technician.get("/tickets?status=all")) == ["done", "second", "first"]


def test_the_list_is_filtered_by_status_queue_and_company(as_technician, session, company):
    other = Company(name="Contoso")
    session.add(other)
    session.commit()
    make_ticket(session, company, title="alert", queue=8)
    make_ticket(session, company, title="waiting", status=7)
    make_ticket(session, other, title="elsewhere", queue=8)
    assert shown(as_technician.get("/tickets?status=7")) == ["waiting"]
    assert shown(as_technician.get("/tickets?queue=8")) == ["elsewhere", "alert"]
    assert shown(as_technician.get(f"/tickets?queue=8&company={company.id}")) == ["alert"]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_search_knows_capitals_and_letters_of_every_alphabet(as_technician, session, company):
    udf = Udf(name="Acme Alert ID", type=TEXT)
    session.add(udf)
    session.commit()
    make_ticket(session, company, title="Büro", external_id="ÄH-7", udfs={udf.id: "Cafe\u0301"})
    for text in ("BÜRO", "bu\u0308ro", "äh-7", "CAFÉ"):
        assert shown(as_technician.get("/tickets", query_string={"q": text})) == ["Büro"], text
    ticket = session.query(Ticket).one()
    done = {"state": "delivered", "fields": "{}", "due_at": 0, "created_at": now(), "ended_at": now()}
    session.add(Delivery(uid="one", callout_name="Acme", ticket_id=ticket.id, **done))
    session.commit()
    assert ticket.number in text_of(as_technician.get("/deliveries?ticket=B%C3%9CRO"))


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_search_that_costs_too_much_is_stopped_and_told(as_technician, session, company, monkeypatch):
    row = {"title": "x", "company_id": company.id, "status": 1, "priority": 1}
    row |= {"created_at": now(), "last_activity_at": now()}
    session.execute(Ticket.__table__.insert(), [row | {"number": str(number)} for number in range(5000)])
    session.commit()
    monkeypatch.setattr(engine, "MOST_SECONDS", 1e-6)
    answer = as_technician.get("/tickets?q=nothing-like-it")
    assert answer.status_code == 503
    assert "This takes the database too long" in text_of(answer)


def test_a_search_looks_at_number_title_external_id_and_udfs(as_technician, session, company):
    udf = Udf(name="Acme Alert ID", type=TEXT)
    session.add(udf)
    session.commit()
    ticket = make_ticket(
        session, company, title="Disk 100 % full", external_id="EXT-7", udfs={udf.id: "ALERT-4711"}
    )
    make_ticket(session, company, title="Another")
    for text in (ticket.number, ticket.number[-5:], "disk", "100 %", "ext-7", "alert-4711"):
        answer = as_technician.get("/tickets", query_string={"q": text, "status": "all"})
        assert "Disk 100 % full" in shown(answer), text
    # wildcards of the database mean nothing
    assert shown(as_technician.get("/tickets?q=_____________&status=all")) == []
    assert "No ticket matches" in text_of(as_technician.get("/tickets?q=nothing-like-it"))


def test_a_query_that_means_nothing_or_harm_shows_a_page_all_the_same(as_technician, ticket, subtests):
    for query in [
        "status=x",
        "status=99",
        "queue=abc",
        "company=-1",
        "sort=password",
        "page=0",
        "page=x",
        "page=99",
        "q=%00",
        "q=%ED%A0%80",
        "q=" + "x" * 5000,
        "q=%25%27%22%5C",
    ]:
        with subtests.test(query=query):
            assert as_technician.get(f"/tickets?{query}").status_code == 200


def test_pages_of_the_list_keep_the_filters(as_technician, session, company):
    for number in range(30):
        make_ticket(session, company, title=f"t{number:02d}", queue=8)
    first = as_technician.get("/tickets?queue=8&sort=number")
    assert shown(first) == [f"t{number:02d}" for number in range(25)]
    (onward,) = lxml.html.fromstring(first.text).xpath('//a[@rel="next"]/@href')
    assert shown(as_technician.get(onward)) == [f"t{number:02d}" for number in range(25, 30)]
    assert "26–30 of 30" in text_of(as_technician.get(onward))


def test_each_column_sorts_both_ways(as_technician, session, company):
    make_ticket(session, company, title="a", priority=3)
    make_ticket(session, company, title="b", priority=4)
    heads = lxml.html.fromstring(as_technician.get("/tickets").text).xpath("//thead//a/@href")
    assert len(heads) == 6
    for head in heads:
        assert sorted(shown(as_technician.get(head))) == ["a", "b"]
    assert shown(as_technician.get("/tickets?sort=title")) == ["a", "b"]
    assert shown(as_technician.get("/tickets?sort=-title")) == ["b", "a"]
    assert shown(as_technician.get("/tickets?sort=priority")) == ["b", "a"], "Critical comes before Low"


def test_complete_stamps_the_ticket_and_says_that_a_callout_is_on_its_way(
    as_technician, session, ticket, technician
):
    make_callout(session, "http://127.0.0.1:9/callouts")
    answer = as_technician.post(f"/tickets/{ticket.id}/complete", follow_redirects=True)
    said = text_of(answer)
    assert f"Ticket {ticket.number} is complete. One extension callout is on its way." in said
    assert "Waiting" in said
    session.expire_all()
    assert (ticket.status, ticket.completed_by_id) == (5, technician.id)
    again = as_technician.post(f"/tickets/{ticket.id}/complete", follow_redirects=True)
    assert "was complete already" in text_of(again)
    assert len(session.scalars(select(Delivery)).all()) == 1


def test_a_complete_ticket_has_no_complete_button(as_technician, session, company):
    done = make_ticket(session, company, status=5)
    assert "/complete" not in as_technician.get(f"/tickets/{done.id}").text


def test_a_note_is_added_under_ones_name(as_technician, session, ticket, technician):
    data = {"title": "Called", "description": "Line 1\r\nLine <2>", "publish": "2"}
    answer = as_technician.post(f"/tickets/{ticket.id}/notes", data=data)
    assert answer.location.startswith(f"/tickets/{ticket.id}")
    note = session.scalars(select(TicketNote)).one()
    assert (note.description, note.publish, note.creator_id) == ("Line 1\nLine <2>", 2, technician.id)
    page = as_technician.get(f"/tickets/{ticket.id}")
    assert "Line &lt;2&gt;" in page.text
    assert "Called" in text_of(page)


def test_a_note_that_cannot_be_kept_says_why_and_keeps_what_was_typed(
    as_technician, session, ticket, subtests
):
    for data, field, sentence in [
        ({"title": "", "description": "kept"}, "title", "Title is required."),
        ({"title": "kept", "description": " "}, "description", "Description is required."),
        ({"title": "x" * 251, "description": "kept"}, "title", "at most 250"),
        ({"title": "kept", "description": "x", "publish": "3"}, "publish", "Choose one of the list."),
    ]:
        with subtests.test(data=data, field=field):
            answer = as_technician.post(f"/tickets/{ticket.id}/notes", data={"publish": "1"} | data)
            assert answer.status_code == 422
            assert sentence in error_beside(answer, field)
            assert "kept" in answer.text
            assert session.scalar(select(TicketNote)) is None


def test_the_activity_tells_who_changed_what_newest_first(as_technician, session, ticket):
    later = now() + timedelta(seconds=2)
    api = Actor(ActorKind.API, "Mock RMM")
    edit_ticket(session(), Context(api, later, "DEV3.COM"), ticket.id, {"status": 8, "queue": 8}, {})
    session.commit()
    said = text_of(as_technician.get(f"/tickets/{ticket.id}"))
    assert "Changed Status from New to In Progress" in said
    assert "Set Queue to Monitoring Alert" in said
    assert said.index("Mock RMM") < said.index("Created the ticket.")


def test_a_long_activity_is_cut_and_can_be_shown_whole(as_technician, session, ticket):
    session.add_all(
        TicketNote(
            ticket_id=ticket.id,
            title=f"Note {number:03d}.",
            description="x",
            note_type=3,
            publish=1,
            created_at=now() + timedelta(seconds=number),
            last_activity_at=now(),
        )
        for number in range(120)
    )
    session.commit()
    page = as_technician.get(f"/tickets/{ticket.id}")
    assert "Note 119." in page.text
    assert "Note 000." not in page.text
    assert "Show all activity" in page.text
    assert "Note 000." in as_technician.get(f"/tickets/{ticket.id}?activity=all").text


def test_the_parts_that_change_by_themselves_can_be_fetched_alone(as_technician, session, ticket):
    make_callout(session, "http://127.0.0.1:9/callouts")
    for part in ("callouts", "activity"):
        assert "data-live" not in as_technician.get(f"/tickets/{ticket.id}/{part}").text
    as_technician.post(f"/tickets/{ticket.id}/complete")
    for part in ("callouts", "activity"):
        answer = as_technician.get(f"/tickets/{ticket.id}/{part}")
        assert "data-live" in answer.text
        assert "<html" not in answer.text


def test_a_ticket_without_companies_sends_an_admin_to_make_one(as_admin, client):
    assert "/admin/companies/new" in as_admin.get("/tickets/new").text


def test_api_users_are_not_offered_as_assigned_resources(as_technician, session, company, api_user):
    make_resource(session, "service_desk", first_name="Grace", last_name="Hopper")
    page = lxml.html.fromstring(as_technician.get("/tickets/new").text)
    offered = page.xpath('//select[@name="assigned_resource_id"]/option/text()')
    assert "Grace Hopper" in offered
    assert api_user.id not in page.xpath('//select[@name="assigned_resource_id"]/option/@value')


def test_a_list_of_very_many_is_counted_to_a_bound_and_says_so(as_technician, session, company, monkeypatch):
    monkeypatch.setattr(paging, "MOST_COUNTED", 50)
    for _ in range(50):
        make_ticket(session, company)
    assert "1–25 of 50" in said(as_technician.get("/tickets"))
    make_ticket(session, company)
    answer = as_technician.get("/tickets?page=3")
    assert "26–50 of more than 50" in said(answer)
    assert "Page 2 of 2" in said(answer)
