"""Keyset pagination: "Older" and "Newer" show each row once, whatever a list is narrowed by."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, insert, select, update

from portal import clock
from portal.models import Attempt, Delivery
from portal.models.delivery import ENDED_STATES, OPEN_STATES, STATES
from tests.conftest import BOTH, make_ticket, sign_in
from tests.delivery.conftest import make_callout
from tests.web.reading import rows, said, tree_of

both = pytest.mark.parametrize("app", BOTH, indirect=True)
LONG_AGO = timedelta(days=3)
OF_EACH = 30


@pytest.fixture
def reader(client, technician) -> FlaskClient:
    sign_in(client, technician)
    return client


@pytest.fixture
def many(session, company) -> list[Delivery]:
    """For each state 30 deliveries, to two callouts in turn, every third of which ended long ago.

    The later a delivery was made, the earlier it ended, and two end at each moment.
    """
    callouts = [make_callout(session, "http://127.0.0.1:9/") for _ in range(2)]
    tickets = [make_ticket(session, company, title=title) for title in ("Tape full", "Disk full")]
    now, made = clock.now(), []
    for number in range(OF_EACH * len(STATES)):
        state = list(STATES)[number % len(STATES)]
        ended = now - timedelta(seconds=number // 12) - (LONG_AGO if number % 9 < 3 else timedelta())
        callout = callouts[number // 6 % 2]
        made.append(
            {
                "uid": f"msg_{number}",
                "callout_id": callout.id,
                "callout_name": callout.name,
                "ticket_id": tickets[number // 12 % 2].id,
                "state": state,
                "fields": "{}",
                "due_at": 0,
                "attempt_count": 1,
                "attempts_before": number // 24 % 2,
                "created_at": now - LONG_AGO,
                "ended_at": None if state in OPEN_STATES else ended,
            }
        )
    session.execute(insert(Delivery), made)
    session.execute(
        insert(Attempt),
        [
            {"delivery_id": each.id, "number": 1, "started_at": now, "duration_ms": 1, "error_kind": "dns"}
            for each in session.scalars(select(Delivery).where(Delivery.id % 4 == 0))
        ],
    )
    session.commit()
    found = list(session.scalars(select(Delivery)))
    session.commit()
    return found


def link(answer, rel: str) -> str:
    found = tree_of(answer).xpath(f'//main//a[@rel="{rel}"]/@href')
    return found[0] if found else ""


def walk(client: FlaskClient, address: str, rel: str) -> tuple[list[list[int]], str]:
    """Follow "Older" or "Newer" to the end; give the pages' deliveries, and the last page's address."""
    pages, seen = [], address
    while address:
        answer, seen = client.get(address), address
        pages.append([int(row[0]) for row in rows(answer)])
        address = link(answer, rel)
        assert len(pages) < 50
    return pages, seen


def meant(each: Delivery, callout: int | str, state: str, ticket: str, period: str, error: str) -> bool:
    """Say in Python what a search means."""
    resent = each.state == "waiting" and each.attempt_count > each.attempts_before
    return (
        (not callout or each.callout_id == callout)
        and (not state or (resent if state == "resending" else each.state == state))
        and (not ticket or each.ticket.title == ticket)
        and (not period or each.ended_at is None or each.ended_at > clock.now() - timedelta(days=1))
        and (not error or each.id % 4 == 0)
    )


@both
def test_walking_meets_each_row_once_whatever_is_filtered_by(app, session, reader, many):
    names = ("callout", "ticket", "period", "error", "state")
    others = (many[0].callout_id, "Tape full", "day", "dns")
    # each value of a filter meets each value of each other one
    for state, some in zip(
        ("", "resending", "waiting", "failed", "delivered"),
        ((0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 0, 1), (0, 1, 1, 0), (0, 0, 0, 1)),
        strict=True,
    ):
        for turned in (False, True):
            chosen = [each if on != turned else "" for each, on in zip(others, some, strict=True)]
            walk_both_ways(reader, many, dict(zip(names, [*chosen, state], strict=True)))


def walk_both_ways(reader: FlaskClient, many: list[Delivery], wanted: dict[str, int | str]) -> None:
    address = "/deliveries?" + urlencode(wanted)
    older, last = walk(reader, address, "next")
    met = [each for page in older for each in page]
    assert sorted(met) == sorted(each.id for each in many if meant(each, **wanted)), address
    assert len(met) == len(set(met)), address
    newer, _ = walk(reader, last, "prev")
    assert [each for page in reversed(newer) for each in page][: len(older[0])] == older[0], address
    assert {each for page in newer for each in page} == set(met), address


@both
def test_what_has_ended_is_listed_by_its_end_and_anything_else_by_its_id(app, session, reader, many):
    def order(query: str) -> list[Delivery]:
        pages, _ = walk(reader, f"/deliveries?{query}", "next")
        session.commit()
        return [session.get(Delivery, each) for page in pages for each in page]

    everything = order("")
    assert [each.id for each in everything] == sorted((each.id for each in many), reverse=True)
    failed = order("state=failed")
    assert failed == sorted(failed, key=lambda each: (each.ended_at, each.id), reverse=True)
    of_day = order("period=day")
    ended = [each for each in of_day if each.state in ENDED_STATES]
    assert of_day[-len(ended) :] == sorted(ended, key=lambda each: (each.ended_at, each.id), reverse=True)
    still_open = of_day[: -len(ended)]
    assert still_open == sorted(still_open, key=lambda each: each.id, reverse=True)


def test_a_list_says_how_many_there_are_up_to_a_thousand(session, reader, many):
    assert "180 deliveries" in said(reader.get("/deliveries"))
    assert "30 deliveries" in said(reader.get("/deliveries?state=failed"))
    row = {name: getattr(many[0], name) for name in ("callout_id", "callout_name", "ticket_id", "fields")}
    row |= {"state": "skipped", "due_at": 0, "created_at": clock.now(), "ended_at": clock.now()}
    session.execute(insert(Delivery), [row | {"uid": f"more_{number}"} for number in range(820)])
    session.commit()
    assert "1,000 deliveries" in said(reader.get("/deliveries"))
    assert "More than" not in said(reader.get("/deliveries"))
    session.execute(insert(Delivery), [row | {"uid": "one more"}])
    session.commit()
    assert "More than 1,000 deliveries" in said(reader.get("/deliveries"))
    assert "More than" not in said(reader.get("/deliveries?state=failed"))


def test_a_single_row_is_one_delivery(session, reader, many):
    session.execute(delete(Delivery).where(Delivery.id != many[1].id))
    session.commit()
    answer = reader.get("/deliveries")
    assert "1 delivery" in said(answer)
    assert "Older" not in said(answer)


def test_rows_that_come_meanwhile_shift_nothing(session, reader, many):
    first = reader.get("/deliveries")
    row = {name: getattr(many[0], name) for name in ("callout_id", "callout_name", "ticket_id", "fields")}
    row |= {"state": "waiting", "due_at": 0, "created_at": clock.now()}
    session.execute(insert(Delivery), [row | {"uid": f"new_{number}"} for number in range(3)])
    session.commit()
    second = rows(reader.get(link(first, "next")))
    assert int(second[0][0]) == int(rows(first)[-1][0]) - 1
    back = reader.get(link(reader.get(link(first, "next")), "prev"))
    assert [row[0] for row in rows(back)] == [row[0] for row in rows(first)]


def test_a_place_whose_row_has_gone_still_divides_the_list(session, reader, many):
    first = reader.get("/deliveries?state=failed")
    gone = int(rows(first)[-1][0])
    session.execute(update(Delivery).filter_by(id=gone).values(state="waiting", ended_at=None))
    session.commit()
    second = rows(reader.get(link(first, "next")))
    assert len(second) == 5
    assert not {row[0] for row in second} & {row[0] for row in rows(first)}


def test_an_address_with_no_place_of_the_list_shows_its_beginning(session, reader, many, subtests):
    for place in [
        "before=x",
        "before=99999999999",
        "before=0",
        "before=-1",
        "after=1.2.3",
        "after=%00",
        "before=1",
    ]:
        with subtests.test(place=place):
            first = [row[0] for row in rows(reader.get("/deliveries"))]
            assert [row[0] for row in rows(reader.get(f"/deliveries?{place}"))] == first


def test_behind_the_end_of_a_list_is_its_beginning(session, reader, many):
    first = [row[0] for row in rows(reader.get("/deliveries?state=failed"))]
    for place in ("before=1.1", "after=99999999999999999.1"):
        assert [row[0] for row in rows(reader.get(f"/deliveries?state=failed&{place}"))] == first


def test_the_filters_forget_the_place(reader, many):
    answer = reader.get(f"/deliveries?before={many[100].id}")
    form = tree_of(answer).xpath('//form[contains(@class, "filters")]')[0]
    assert {name for name, _ in form.form_values()} <= {"callout", "state", "ticket", "period", "error"}
