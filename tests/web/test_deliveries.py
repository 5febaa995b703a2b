"""The list of deliveries: what it shows, and what it can be filtered by."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from portal import clock
from portal.db.engine import db
from portal.delivery import retention
from portal.models import Callout, Delivery
from portal.models.delivery import STATES
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer
from tests.web.delivering import complete, newest
from tests.web.reading import rows, said, tree_of

XML = {"Content-Type": "text/xml; charset=utf-8"}


def shown(client: FlaskClient, query: str = "") -> list[int]:
    """Give the deliveries that a list shows, in its order."""
    return [int(row[0]) for row in rows(client.get(f"/deliveries{query}"))]


@pytest.fixture
def many(session, company, callout, receiver) -> dict[str, int]:
    """A delivery in each state, each of a ticket of its own; by state, in the order of STATES."""
    made = {}
    for state in STATES:
        made[state] = complete(session, make_ticket(session, company, title=f"A ticket that is {state}"))
        ended = None if state in {"waiting", "sending"} else clock.now()
        session.execute(update(Delivery).filter_by(id=made[state]).values(state=state, ended_at=ended))
    session.commit()
    return made


def test_without_deliveries_an_administrator_is_led_to_the_rules(as_admin):
    answer = as_admin.get("/deliveries")
    assert "No deliveries yet" in said(answer)
    assert tree_of(answer).xpath('//main//a[@href="/admin/rules/" or @href="/admin/rules"]')


def test_without_deliveries_a_technician_is_led_to_the_tickets(as_technician):
    answer = as_technician.get("/deliveries")
    assert "No deliveries yet" in said(answer)
    assert tree_of(answer).xpath('//main//a[@href="/tickets"]')
    assert "/admin" not in answer.text


def test_the_list_shows_the_newest_first_with_all_that_one_asks_first(
    as_technician, session, ticket, callout, receiver, drain
):
    receiver.answers = [Answer(503)]
    first = complete(session, ticket)
    drain()
    second = complete(session, ticket, 8)
    answer = as_technician.get("/deliveries")
    newer, older = rows(answer)
    assert (newer[0], older[0]) == (str(second), str(first))
    assert older[1] == f"{ticket.number}{ticket.title}"
    assert older[2] == f"{callout.name}Tell {callout.name}"
    assert older[3].startswith("Resending 2 of 11, next ")
    assert "HTTP 503 Service Unavailable" in older[3]
    assert older[4] == "1"
    assert newer[3] == "Waiting"
    links = tree_of(answer).xpath("//tbody/tr[1]//a/@href")
    assert links == [f"/deliveries/{second}", f"/tickets/{ticket.id}"]


def test_the_list_is_filtered_by_state(as_technician, many, subtests):
    for state in STATES:
        with subtests.test(state=state):
            assert shown(as_technician, f"?state={state}") == [many[state]]


def test_those_that_are_resent_can_be_told_from_those_that_wait(
    as_technician, session, company, callout, receiver, drain
):
    receiver.answers = [Answer(503)]
    resent = complete(session, make_ticket(session, company))
    drain()
    fresh = complete(session, make_ticket(session, company))
    assert shown(as_technician, "?state=waiting") == [fresh, resent]
    assert shown(as_technician, "?state=resending") == [resent]


def test_the_list_is_filtered_by_callout_as_other_pages_link_to_it(
    as_admin, session, ticket, callout, receiver
):
    other = make_callout(session, receiver.url)
    complete(session, ticket)
    of_other = session.scalars(select(Delivery.id).filter_by(callout_id=other.id)).one()
    session.execute(update(Callout).filter_by(id=other.id).values(active=False))
    session.commit()
    assert shown(as_admin, f"?callout={other.id}&state=waiting") == [of_other]
    page = tree_of(as_admin.get("/admin/callouts/"))
    (link,) = page.xpath('//main//a[contains(@href, "/deliveries")]/@href')
    assert shown(as_admin, link.removeprefix("/deliveries")) == [of_other]


def test_the_list_is_filtered_by_a_tickets_number_id_or_title(
    as_technician, session, company, callout, receiver
):
    wanted = make_ticket(session, company, title="Tape 50%_full")
    delivery = complete(session, wanted)
    other = complete(session, make_ticket(session, company, title="Tape 50 is full"))
    for query in (wanted.number, wanted.number.lower(), "50%25_FULL", wanted.number[-6:]):
        assert shown(as_technician, f"?ticket={query}") == [delivery], query
    assert delivery in shown(as_technician, f"?ticket={wanted.id}")
    assert shown(as_technician, "?ticket=tape") == [other, delivery]


def test_the_list_is_filtered_by_when_a_delivery_was_under_way(as_technician, session, many):
    long_ago = clock.now() - timedelta(days=2)
    for state in ("failed", "waiting"):
        ended = long_ago if state == "failed" else None
        session.execute(
            update(Delivery).filter_by(id=many[state]).values(created_at=long_ago, ended_at=ended)
        )
    session.commit()
    last_day = shown(as_technician, "?period=day")
    assert many["failed"] not in last_day
    assert many["waiting"] in last_day
    assert many["delivered"] in last_day
    assert many["failed"] in shown(as_technician, "?period=week")
    options = tree_of(as_technician.get("/deliveries")).xpath('//select[@id="period"]/option/text()')
    assert options == ["Any time", "Last hour", "Last 24 hours", "Last 7 days"]


def test_an_address_that_makes_no_sense_shows_the_whole_list(as_technician, many, subtests):
    for query in [
        "?callout=x",
        "?callout=99999999999999999999",
        "?state=nonsense",
        "?period=ever",
        "?ticket=%00",
        "?page=x",
    ]:
        with subtests.test(query=query):
            assert len(shown(as_technician, query)) == len(STATES)


def test_where_nothing_matches_the_filters_can_be_cleared(as_technician, many, subtests):
    for query in ["?ticket=nothing+like+this", "?callout=4711", "?ticket=99999999999999999999"]:
        with subtests.test(query=query):
            answer = as_technician.get(f"/deliveries{query}")
            assert "No delivery matches" in said(answer)
            assert tree_of(answer).xpath('//main//a[@href="/deliveries"]')


def test_a_list_of_a_hundred_thousand_ends_where_its_oldest_stand(as_technician, session, ticket, callout):
    moment = clock.now()
    row = {
        "callout_id": callout.id,
        "callout_name": callout.name,
        "ticket_id": ticket.id,
        "fields": "{}",
        "due_at": 0,
    }
    done = row | {"state": "delivered", "created_at": moment, "ended_at": moment}
    session.execute(insert(Delivery), [done | {"uid": str(number)} for number in range(100_000)])
    session.commit()
    answer = as_technician.get(f"/deliveries?callout={callout.id}")
    assert "More than 1,000 deliveries" in said(answer)
    oldest = newest(session) - 99_999
    assert shown(as_technician, f"?before={oldest + 25}") == list(range(oldest + 24, oldest - 1, -1))
    assert 'rel="next"' not in as_technician.get(f"/deliveries?before={oldest + 25}").text


def test_the_page_of_a_delivery_that_was_deleted_is_not_found_and_its_tickets_page_is(
    as_technician, session, ticket, callout
):
    gone, stays = complete(session, ticket), complete(session, ticket, 8)
    moment = clock.now() - timedelta(days=400)
    session.execute(update(Delivery).filter_by(id=gone).values(state="delivered", ended_at=moment))
    session.commit()
    assert retention.prune(db.engine, clock.now() - timedelta(days=365), lambda: True).deliveries == 1
    assert as_technician.get(f"/deliveries/{gone}").status_code == 404
    assert as_technician.post(f"/deliveries/{gone}/send-again").status_code == 404
    page = as_technician.get(f"/tickets/{ticket.id}").text
    assert f"/deliveries/{stays}" in page
    assert f"/deliveries/{gone}" not in page
