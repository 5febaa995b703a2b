"""The class of each error: shown wherever a delivery is, and what the list can be filtered by."""

import pytest
from sqlalchemy import update

from portal import clock
from portal.callouts.judge import trouble
from portal.core.verdicts import Answered, ErrorKind
from portal.models import Attempt, Message
from portal.web.presenting.deliveries import ERRORS
from tests.conftest import make_ticket
from tests.delivery.test_bulk import add
from tests.delivery.test_indexes import statements
from tests.web.reading import rows, tree_of


def fail(session, delivery_id: int, *kinds: str) -> None:
    for number, kind in enumerate(kinds, 1):
        attempt = Attempt(
            delivery_id=delivery_id, number=number, started_at=clock.now(), duration_ms=9, error_kind=kind
        )
        attempt.error = "It failed." if kind else ""
        session.add(attempt)
    session.commit()


def shown(client, query: str) -> list[int]:
    return [int(row[0]) for row in rows(client.get(f"/deliveries{query}"))]


def test_every_class_of_error_can_be_chosen():
    assert set(ERRORS) == set(ErrorKind)


@pytest.mark.parametrize("kind", ["dns", "timeout", "refused address"])
def test_the_list_is_filtered_by_what_any_attempt_met_with(as_technician, session, ticket, callout, kind):
    once, last, never = (add(session, ticket, callout, "failed", attempt_count=2)[0] for _ in range(3))
    fail(session, once, kind, "http")
    fail(session, last, "http", kind)
    fail(session, never, "http", "tls")
    assert shown(as_technician, f"?error={kind.replace(' ', '+')}") == [last, once]
    assert shown(as_technician, "?error=no+such") == [never, last, once]


def test_the_list_shows_the_class_of_the_last_error(as_technician, session, ticket, callout):
    (delivery,) = add(session, ticket, callout, "failed", attempt_count=2)
    fail(session, delivery, "dns", "tls")
    assert rows(as_technician.get("/deliveries"))[0][3] == "Failed tlsIt failed."


def test_a_delivery_that_arrived_in_the_end_shows_no_class(as_technician, session, ticket, callout):
    (delivery,) = add(session, ticket, callout, "delivered", attempt_count=2)
    fail(session, delivery, "dns", "")
    assert rows(as_technician.get("/deliveries"))[0][3].startswith("Delivered")
    assert "dns" not in rows(as_technician.get("/deliveries"))[0][3]


def test_a_tickets_page_shows_the_class_of_each_attempt(as_technician, session, company, callout):
    ticket = make_ticket(session, company)
    (delivery,) = add(session, ticket, callout, "failed", attempt_count=2)
    fail(session, delivery, "reset", "fault")
    tree = tree_of(as_technician.get(f"/tickets/{ticket.id}"))
    attempts = tree.xpath(f'//details[@id="attempts-{delivery}"]//li')
    assert [each.xpath('string(.//span[contains(@class, "state")])').strip() for each in attempts] == [
        "reset",
        "fault",
    ]


def test_the_filter_reads_the_index_of_errors(as_technician, session, ticket, callout):
    add(session, ticket, callout, "failed")
    with statements() as found:
        as_technician.get("/deliveries?error=dns")
    plans = []
    for statement, parameters in found:
        if "error_kind = " in statement:
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans += [row[3] for row in plan]
    session.commit()
    assert any("ix_attempt_error" in each for each in plans), plans


def test_what_to_do_is_never_cut_off_in_a_list(as_admin, session, company, callout):
    """The receiver's part of the sentence may be long, and the remedy stands at its end."""
    moved = Answered(308, headers=(("Location", "https://rmm.example/" + "far-away/" * 60),))
    said = trouble(moved, None, "rmm.example").text
    ticket = make_ticket(session, company)
    (delivery,) = add(session, ticket, callout, "failed", attempt_count=2)
    fail(session, delivery, "redirect", "redirect")
    session.execute(update(Attempt).values(error=said))
    callout.failing_since, callout.failing_reason = clock.now(), said
    mail = {
        "to_address": "a@example.com",
        "subject": "s",
        "body": "b",
        "due_at": 0,
        "created_at": clock.now(),
    }
    session.add(Message(**mail, state="failed", attempts=1, error=said))
    session.commit()
    for path in ("/deliveries", "/", f"/tickets/{ticket.id}", "/admin/callouts/", "/admin/mail"):
        text = " ".join(tree_of(as_admin.get(path)).text_content().split())
        assert "the receiver has moved to https://rmm.example/far-away/" in text, path
        assert "Callouts follow no redirects: enter the new URL." in text, path
