"""The dashboard as one reads it: numbers, charts with the same figures as a table, and callouts in trouble."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from portal import clock
from portal.models import Attempt, Callout
from portal.queries import figures
from tests.delivery.conftest import make_callout
from tests.delivery.test_bulk import add
from tests.web.reading import said, tree_of

SECOND = timedelta(seconds=1)


def numbers(answer) -> list[str]:
    return [
        " ".join(each.text_content().split()) for each in tree_of(answer).xpath('//ul[@class="numbers"]/li')
    ]


def standings(answer) -> list[list[str]]:
    found = tree_of(answer).xpath('//section[@aria-labelledby="callouts-title"]//tbody/tr')
    return [[" ".join(cell.text_content().split()) for cell in row] for row in found]


def drawing(answer, name: str):
    (found,) = tree_of(answer).xpath(f'//svg[@aria-labelledby="{name}-name {name}-desc"]')
    return found


@pytest.fixture
def busy(session, ticket, receiver) -> Callout:
    callout = make_callout(session, receiver.url)
    now = clock.now()
    done = add(
        session,
        ticket,
        callout,
        "delivered",
        1199,
        created_at=now - 21 * SECOND,
        ended_at=now - 20 * SECOND,
    )
    add(session, ticket, callout, "failed", age=2 * timedelta(hours=1))
    add(session, ticket, callout, "failed", age=20 * SECOND)
    add(session, ticket, callout, "waiting", 3, age=timedelta(minutes=5))
    row = {"number": 1, "started_at": now - 20 * SECOND, "duration_ms": 84, "error_kind": "", "error": ""}
    session.execute(insert(Attempt), [row | {"delivery_id": each} for each in done[:50]])
    session.execute(
        insert(Attempt), [row | {"delivery_id": done[50], "error_kind": "dns", "duration_ms": 5200}]
    )
    session.commit()
    return callout


def test_the_numbers_of_an_hour_say_rate_success_and_times(as_technician, busy):
    found = numbers(as_technician.get("/dashboard?period=hour"))
    assert found == [
        "1,199delivered; 20.0 a minute ended",
        "1failed; 99.92 % succeeded",
        "84 msmedian attempt; p95 84 ms, p99 5.2 s",
        "1 smedian from event to delivered; p95 1 s, p99 1 s",
        "3wait or are being sent now",
    ]


def test_the_period_is_chosen_by_the_address_and_is_a_day_otherwise(as_technician, busy, subtests):
    for period, failed in [("hour", 1), ("day", 2), ("week", 2), ("ever", 2), ("", 2)]:
        with subtests.test(period=period, failed=failed):
            answer = as_technician.get(f"/dashboard?period={period}")
            assert numbers(answer)[1].startswith(f"{failed}failed")
            (chosen,) = tree_of(answer).xpath('//nav[@aria-label="Period"]/a[@aria-current="true"]')
            assert chosen.get("href").endswith(period if period in figures.PERIODS else "day")


def test_each_chart_is_named_described_and_drawn(as_technician, busy):
    answer = as_technician.get("/dashboard?period=hour")
    rate = drawing(answer, "rate")
    assert rate.get("role") == "img"
    assert rate.find("title").text == "Ended deliveries in the last 1 hour"
    assert rate.find("desc").text == "1,199 delivered and 1 failed, 20.0 a minute."
    assert len(rate.findall("g")) == 60
    assert any("1,199 delivered, 1 failed" in each.findtext("title") for each in rate.findall("g"))
    assert len(rate.xpath('.//rect[@class="chart-good"]')) == 1
    for name in ("attempts", "latency"):
        assert len(drawing(answer, name).findall("path")) == 3
    assert "style=" not in answer.text


def test_the_table_has_the_same_figures(as_technician, busy):
    answer = as_technician.get("/dashboard?period=hour")
    rows = tree_of(answer).xpath('//details[@id="figures"]//tbody/tr')
    cells = [[" ".join(cell.text_content().split()) for cell in row][1:] for row in rows]
    assert ["1,199", "1", "84 ms / 84 ms / 5.2 s", "1 s / 1 s / 1 s"] in cells


def test_each_callout_leads_to_its_deliveries(as_technician, busy):
    answer = as_technician.get("/dashboard?period=hour")
    assert standings(answer) == [[busy.name, "Active", "3", "5 min ago", "1,199", "1", "99.92 %"]]
    links = tree_of(answer).xpath('//section[@aria-labelledby="callouts-title"]//a/@href')
    assert links == [
        f"/deliveries?callout={busy.id}",
        f"/deliveries?callout={busy.id}&state=waiting",
        f"/deliveries?callout={busy.id}&state=failed&period=hour",
    ]


def test_a_failing_callout_stands_first_with_since_when_and_why(as_admin, session, busy, receiver):
    failing = make_callout(session, receiver.url)
    session.execute(
        update(Callout)
        .filter_by(id=failing.id)
        .values(failing_since=clock.now() - timedelta(hours=3), failing_reason="HTTP 503 from rmm.example.")
    )
    session.commit()
    session.expire_all()
    answer = as_admin.get("/dashboard")
    (warning,) = tree_of(answer).xpath('//main//div[contains(@class, "message-bad")]')
    text = " ".join(warning.text_content().split())
    assert text == (
        f"{failing.name} is failing since 3 h ago. HTTP 503 from rmm.example. See its deliveries."
    )
    assert f"/admin/callouts/{failing.id}" in warning.xpath(".//a/@href")[0]
    assert standings(answer)[0][0] == failing.name


def test_what_attempts_met_with_leads_to_those_deliveries(as_technician, busy):
    answer = as_technician.get("/dashboard?period=hour")
    (link,) = tree_of(answer).xpath('//section[@aria-labelledby="errors-title"]//a')
    assert link.text == "DNS: no address for the name"
    shown = as_technician.get(link.get("href"))
    assert len(tree_of(shown).xpath("//tbody/tr")) == 1


def test_where_only_a_part_was_looked_at_the_page_says_so(as_technician, busy, monkeypatch):
    assert "taken from every" not in said(as_technician.get("/dashboard"))
    monkeypatch.setattr(figures, "SAMPLE", 10)
    text = said(as_technician.get("/dashboard"))
    assert "taken from one attempt in 6 and one delivery in 120" in text


def test_a_new_portal_says_that_there_is_nothing_yet(as_technician):
    answer = as_technician.get("/dashboard")
    assert numbers(answer)[0] == "0delivered; 0.0 a minute ended"
    assert "No extension callout yet" in said(answer)
    assert "Nothing was sent in the last 24 hours." in said(answer)
