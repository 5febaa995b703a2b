"""The start page: what one needs at a glance, each number with the list behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page
from sqlalchemy import event, insert, update

from portal import clock
from portal.core.actors import Context
from portal.db.engine import db
from portal.delivery import outbox
from portal.desk.ticket_work import edit_ticket
from portal.models import Callout, Delivery, Ticket
from tests.conftest import BOTH, TECHNICIAN, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer
from tests.web.browser import enter, look_over
from tests.web.delivering import complete
from tests.web.reading import rows, said, tree_of


def numbers(answer) -> dict[str, tuple[int, str]]:
    """Give each number of the page with where it leads, by what it counts."""
    return {
        each.find("span").text_content(): (
            int(each.find("b").text_content().replace(",", "")),
            each.get("href"),
        )
        for each in tree_of(answer).xpath('//a[contains(@class, "number")]')
    }


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_each_number_is_the_length_of_the_list_behind_it(
    as_technician, session, company, callout, receiver, drain
):
    receiver.answers = [Answer(503)]
    for _ in range(3):
        complete(session, make_ticket(session, company))
    drain()
    complete(session, make_ticket(session, company), 8)
    complete(session, make_ticket(session, company), 11)
    first, old = [row.id for row in session.query(Delivery).order_by(Delivery.id).limit(2)]
    yesterday = clock.now() - timedelta(hours=25)
    session.execute(update(Delivery).filter_by(id=first).values(state="failed", ended_at=clock.now()))
    session.execute(update(Delivery).filter_by(id=old).values(state="failed", ended_at=yesterday))
    session.commit()
    found = numbers(as_technician.get("/"))
    assert {name: count for name, (count, _) in found.items()} == {
        "open tickets": 2,
        "deliveries waiting": 3,
        "of them being resent": 1,
        "failed in the last 24 hours": 1,
    }
    for name, (count, link) in found.items():
        assert len(rows(as_technician.get(link))) == count, name


def test_the_latest_failed_deliveries_say_why(as_technician, session, company, callout, receiver, drain):
    session.execute(update(Callout).values(resend_after="passing"))
    session.commit()
    receiver.answers = [Answer(404)]
    made = [complete(session, make_ticket(session, company)) for _ in range(6)]
    drain()
    # one was sent again, and is the latest once more
    made.append(made.pop(2))
    for number, each in enumerate(made):
        ended = clock.now() + timedelta(seconds=number)
        session.execute(update(Delivery).filter_by(id=each).values(ended_at=ended))
    session.commit()
    answer = as_technician.get("/")
    links = tree_of(answer).xpath('//section[@aria-labelledby="failed-title"]//li//a/@href')
    assert links == [f"/deliveries/{each}" for each in reversed(made[1:])]
    assert "HTTP 404 Not Found from 127.0.0.1: the receiver has nothing at this address." in said(answer)


def test_the_latest_tickets_are_there(as_technician, session, company):
    made = [make_ticket(session, company, title=f"Ticket {number}").id for number in range(6)]
    answer = as_technician.get("/")
    links = tree_of(answer).xpath('//section[@aria-labelledby="tickets-title"]//li//a/@href')
    assert links == [f"/tickets/{each}" for each in reversed(made[1:])]


def late(session, seconds: int = 61) -> None:
    session.execute(update(Delivery).values(due_at=int(clock.now().timestamp()) - seconds))
    session.commit()


def test_without_a_worker_the_page_says_how_much_is_overdue_and_what_to_do(
    as_technician, session, company, callout, receiver
):
    complete(session, make_ticket(session, company))
    assert "overdue" not in said(as_technician.get("/"))
    late(session)
    text = said(as_technician.get("/"))
    assert "No worker is sending: 1 delivery is overdue" in text
    assert "make run" in text
    complete(session, make_ticket(session, company))
    late(session)
    assert "No worker is sending: 2 deliveries are overdue" in said(as_technician.get("/"))


def test_where_workers_are_only_slow_the_page_does_not_call_them_missing(
    as_technician, session, company, callout, receiver
):
    for _ in range(2):
        complete(session, make_ticket(session, company))
    late(session)
    lease = {"now": int(clock.now().timestamp()), "lease_seconds": 15}
    outbox.claim(session(), callout.id, 1, "alive", **lease)
    session.commit()
    text = said(as_technician.get("/"))
    assert "Sending is behind: 1 delivery is overdue" in text
    assert "No worker" not in text


def test_the_lease_of_a_dead_worker_does_not_count_as_work(
    as_technician, session, company, callout, receiver
):
    complete(session, make_ticket(session, company))
    lease = {"now": int(clock.now().timestamp()), "lease_seconds": 15}
    outbox.claim(session(), callout.id, 1, "dead", **lease)
    session.commit()
    late(session)
    assert "No worker is sending: 1 delivery is overdue" in said(as_technician.get("/"))


def test_what_waits_for_an_inactive_callout_or_an_earlier_delivery_is_not_overdue(
    as_technician, session, ticket, receiver, drain
):
    inactive = make_callout(session, receiver.url)
    complete(session, ticket)
    session.execute(update(Callout).filter_by(id=inactive.id).values(active=False))
    active = make_callout(session, receiver.url)
    receiver.answers = [Answer(503, headers={"Retry-After": "3600"})]
    edit_ticket(session(), Context(TECHNICIAN, clock.now(), "DEV3.COM"), ticket.id, {"status": 8}, {})
    session.commit()
    drain()
    edit_ticket(session(), Context(TECHNICIAN, clock.now(), "DEV3.COM"), ticket.id, {"status": 5}, {})
    session.commit()
    past = int(clock.now().timestamp()) - 600
    fresh = (
        update(Delivery).where(Delivery.state == "waiting", Delivery.attempt_count == 0).values(due_at=past)
    )
    session.execute(fresh)
    session.commit()
    assert session.query(Delivery).filter_by(callout_id=active.id, state="waiting").count() == 2
    assert "overdue" not in said(as_technician.get("/"))


@pytest.mark.parametrize("held", [{"paused": True}, {"failing_since": datetime(2030, 1, 1, tzinfo=UTC)}])
def test_what_waits_for_a_paused_or_a_failing_callout_is_not_overdue(
    as_technician, session, ticket, callout, receiver, held
):
    complete(session, ticket)
    late(session)
    assert "overdue" in said(as_technician.get("/"))
    session.execute(update(Callout).filter_by(id=callout.id).values(**held))
    session.commit()
    assert "overdue" not in said(as_technician.get("/"))


def test_a_new_portal_shows_an_administrator_the_first_steps(as_admin):
    answer = as_admin.get("/")
    links = tree_of(answer).xpath('//ol[@class="steps"]//a/@href')
    assert links == ["/admin/callouts/new", "/admin/rules/new", "/tickets/new"]


def test_a_new_portal_leads_a_technician_to_nothing_that_is_for_administrators(as_technician):
    answer = as_technician.get("/")
    assert tree_of(answer).xpath('//ol[@class="steps"]//a/@href') == ["/tickets/new"]
    assert said(answer).count("An administrator does this.") == 2
    assert "/admin" not in answer.text


def test_steps_that_are_done_are_marked_and_go_when_all_are(as_admin, session, company, receiver):
    make_callout(session, receiver.url)
    tree = tree_of(as_admin.get("/"))
    done = [
        each.text_content().split("(done)")[0].split()
        for each in tree.xpath('//li[contains(@class, "step-done")]')
    ]
    assert len(done) == 2
    assert tree.xpath('//ol[@class="steps"]//a/@href') == ["/tickets/new"]
    make_ticket(session, company)
    assert not tree_of(as_admin.get("/")).xpath('//ol[@class="steps"]')


def test_the_page_takes_few_queries_however_much_there_is(as_technician, session, company, ticket, callout):
    moment = clock.now()
    row = {
        "callout_id": callout.id,
        "callout_name": "x",
        "ticket_id": ticket.id,
        "fields": "{}",
        "due_at": 0,
        "created_at": moment,
        "ended_at": moment,
    }
    session.execute(insert(Delivery), [row | {"uid": str(n), "state": "failed"} for n in range(1000)])
    session.execute(
        insert(Ticket),
        [
            {
                "number": f"T20200101.{n:04d}",
                "title": "x",
                "company_id": company.id,
                "status": 1,
                "priority": 2,
                "created_at": moment,
                "last_activity_at": moment,
            }
            for n in range(1000)
        ],
    )
    session.commit()
    statements: list[str] = []

    def note(connection, cursor, statement, *rest) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        answer = as_technician.get("/")
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert numbers(answer)["failed in the last 24 hours"][0] == 1000
    selects = [each for each in statements if each.startswith("SELECT")]
    # the session and whose it is, the counts, failed deliveries and their answers, tickets, the labels of states
    assert len(selects) <= 7, selects


def test_in_a_browser_the_start_page_fits_and_is_accessible(
    page: Page, session, admin, company, callout, receiver, drain
):
    enter(page, admin)
    page.goto("/")
    look_over(page)
    session.execute(update(Callout).values(resend_after="passing"))
    session.commit()
    receiver.answers = [Answer(404)]
    complete(session, make_ticket(session, company, title="A long title " * 15))
    drain()
    complete(session, make_ticket(session, company))
    late(session)
    page.goto("/")
    look_over(page)
