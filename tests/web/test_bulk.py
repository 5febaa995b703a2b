"""Bulk jobs' pages: what is counted is shown before it is started, and a job can be watched and stopped."""

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import bulk
from portal.models import BulkJob, Callout, Delivery
from portal.models.bulk import BULK_OPEN, BULK_STOPPED
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.delivery.test_bulk import HOUR, add, in_state
from tests.web.delivering import state_of
from tests.web.reading import message, rows, said, tree_of

START = "/admin/bulk"


@pytest.fixture
def failed(session, ticket, callout) -> list[int]:
    return add(session, ticket, callout, "failed", 3)


def hidden(answer) -> dict[str, str]:
    """Give what the button of the page sends: the form's fields."""
    (form,) = tree_of(answer).xpath('//main//form[@method="post"]')
    return {each.get("name"): each.get("value") for each in form.inputs if each.get("name")}


def start(client, query: str = ""):
    return client.post(START, data=hidden(client.get(f"{START}/new{query}")), follow_redirects=True)


def work() -> None:
    """Do as a worker does; afterwards the test, and the pages that share its session, read anew."""
    db.session.commit()
    bulk.work(db.engine, services().doorbell.ring, lambda: False)
    db.session.expire_all()


def the_job(session) -> BulkJob:
    job = session.scalars(select(BulkJob).order_by(BulkJob.id.desc())).first()
    session.commit()
    return job


def test_the_page_says_how_many_of_which_callouts_before_anything_is_sent(
    as_admin, session, ticket, callout, receiver, failed
):
    other = make_callout(session, receiver.url)
    add(session, ticket, other, "failed", 2)
    add(session, ticket, other, "delivered", 5)
    answer = as_admin.get(f"{START}/new")
    assert "5 deliveries match" in said(answer)
    assert [row[:2] for row in rows(answer)] == [[callout.name, "3"], [other.name, "2"]]
    assert "1 h ago" in rows(answer)[0][2]
    assert "Send 5 deliveries again" in said(answer)
    assert the_job(session) is None


def test_what_was_counted_is_sent_again_by_a_worker(as_admin, session, callout, admin, failed):
    answer = start(as_admin, f"?callout={callout.id}&state=failed")
    job = the_job(session)
    assert answer.request.path == f"{START}/{job.id}"
    assert "0 of 3 sent again" in said(answer)
    assert f"Failed deliveries of “{callout.name}”" in said(answer)
    assert "data-live" in answer.text
    assert "portal.jobs.bulk" in [each.func_name for each in services().doorbell.queue.jobs]
    work()
    answer = as_admin.get(f"{START}/{job.id}")
    assert "3 of 3 sent again" in said(answer)
    assert "data-live" not in answer.text
    assert f"Started by{admin.name}" in said(answer).replace("Started by ", "Started by")
    assert in_state(session, "waiting") == failed


def test_deliveries_of_a_deleted_callout_are_named_and_left_out(as_admin, session, ticket, callout, failed):
    add(session, ticket, callout, "failed", 2, callout_id=None, callout_name="Old RMM")
    answer = as_admin.get(f"{START}/new")
    assert ["Old RMM Deleted: can’t be sent", "2"] in [row[:2] for row in rows(answer)]
    assert "2 of them belong to a callout that has been deleted" in said(answer)
    assert "Send 3 deliveries again" in said(answer)


def test_where_none_can_be_sent_there_is_no_button(as_admin, session, ticket, callout):
    add(session, ticket, callout, "failed", 1, callout_id=None, callout_name="Old RMM")
    answer = as_admin.get(f"{START}/new")
    assert "1 delivery matches" in said(answer)
    assert tree_of(answer).xpath('//main//form[@method="post"]') == []


def test_a_callout_that_will_not_send_at_once_is_marked(as_admin, session, callout, failed, subtests):
    sending = {"active": True, "paused": False, "failing_since": None}
    for values, mark in [
        ({"active": False}, "Inactive"),
        ({"paused": True}, "Paused"),
        ({"failing_since": clock.now(), "failing_reason": "HTTP 503."}, "Failing"),
    ]:
        with subtests.test(values=values, mark=mark):
            session.execute(update(Callout).filter_by(id=callout.id).values(sending | values))
            session.commit()
            session.expire_all()
            (row,) = rows(as_admin.get(f"{START}/new"))
            assert row[0] == f"{callout.name} {mark}"


def test_what_failed_since_a_time_is_chosen_in_the_users_zone(
    as_admin, session, admin, ticket, callout, failed
):
    admin.time_zone = "Asia/Tokyo"
    add(session, ticket, callout, "failed", 2, age=5 * HOUR)
    from zoneinfo import ZoneInfo

    since = (clock.now() - 2 * HOUR).astimezone(ZoneInfo("Asia/Tokyo"))
    answer = as_admin.get(f"{START}/new?state=failed&since={since:%Y-%m-%dT%H:%M}")
    assert "3 deliveries match" in said(answer)
    assert f'value="{since:%Y-%m-%dT%H:%M}"' in answer.text
    assert "JST" in said(answer)
    start(as_admin, f"?state=failed&since={since:%Y-%m-%dT%H:%M}")
    assert the_job(session).total == 3


def test_the_period_of_the_list_becomes_the_time(as_admin, session, ticket, callout, failed):
    add(session, ticket, callout, "failed", 2, age=5 * HOUR)
    assert "5 deliveries match" in said(as_admin.get(f"{START}/new?state=failed&period=day"))
    add(session, ticket, callout, "failed", 2, age=30 * HOUR)
    assert "5 deliveries match" in said(as_admin.get(f"{START}/new?state=failed&period=day"))


def test_a_time_that_is_none_is_told_beside_its_field_and_counts_nothing(as_admin, failed, subtests):
    for since in ["yesterday", "2030-13-01T00:00", "9999-12-31T23:59+99:00"]:
        with subtests.test(since=since):
            answer = as_admin.get(f"{START}/new", query_string={"since": since})
            assert answer.status_code == 422
            assert "Write a date and a time, like 2030-01-31 14:00." in said(answer)
            assert "match" not in said(answer).replace("matches", "match").split("Ticket")[-1]


def test_an_address_that_makes_no_sense_counts_what_failed(as_admin, failed, subtests):
    for query in [
        "?callout=x",
        "?callout=99999999999999999999",
        "?outcome=never",
        "?action=explode",
        "?ticket=%00",
        "?id=x&id=-1",
    ]:
        with subtests.test(query=query):
            assert "3 deliveries match" in said(as_admin.get(f"{START}/new{query}"))


def test_only_those_ticked_are_counted(as_admin, session, failed):
    query = f"?id={failed[0]}&id={failed[2]}"
    assert "2 deliveries match" in said(as_admin.get(f"{START}/new{query}"))
    as_admin.post(
        START, data=dict(hidden(as_admin.get(f"{START}/new{query}"))) | {"id": [failed[0], failed[2]]}
    )
    assert the_job(session).total == 2


def test_deliveries_that_have_ended_are_ticked_on_the_list(as_admin, session, ticket, callout, failed):
    (waiting,) = add(session, ticket, callout, "waiting")
    (done,) = add(session, ticket, callout, "delivered")
    (gone,) = add(session, ticket, callout, "failed", callout_id=None)
    tree = tree_of(as_admin.get("/deliveries"))
    ticks = tree.xpath('//input[@type="checkbox"][@form="ticked"]')
    can = {int(each.get("value")) for each in ticks if each.get("disabled") is None}
    assert can == {*failed, done}
    assert {int(each.get("value")) for each in ticks} - can == {waiting, gone}
    (form,) = tree.xpath('//form[@id="ticked"]')
    sent = {each.get("name"): each.get("value") for each in form.xpath('.//input[@type="hidden"]')}
    answer = as_admin.get(form.get("action"), query_string=sent | {"id": [done, failed[0]]})
    assert "2 deliveries match" in said(answer)
    assert "Ended deliveries, of the 2 that were ticked" in said(answer)


def test_without_a_tick_nothing_is_counted(as_admin, failed):
    answer = as_admin.get(f"{START}/new?ticked=yes&outcome=ended", follow_redirects=True)
    assert answer.request.path == "/deliveries"
    assert "No delivery was ticked." in message(answer)


def test_a_technician_sees_no_ticks(as_technician, failed):
    assert 'type="checkbox"' not in as_technician.get("/deliveries").text


def test_what_was_skipped_can_be_sent_later(as_admin, session, ticket, callout):
    skipped = add(session, ticket, callout, "skipped", 2)
    start(as_admin, "?state=skipped")
    work()
    assert in_state(session, "waiting") == skipped


def test_what_waits_is_cancelled_from_the_lists_filter(as_admin, session, ticket, callout, admin):
    (waiting,) = add(session, ticket, callout, "waiting")
    answer = as_admin.get(f"{START}/new?state=waiting")
    assert "Cancel 1 delivery" in said(answer)
    start(as_admin, "?state=waiting")
    work()
    assert state_of(session, waiting) == "cancelled"
    assert session.get(Delivery, waiting).reason == f"Cancelled by {admin.name}."


def test_the_list_leads_to_the_same_filters(as_admin, callout, failed):
    query = f"?callout={callout.id}&state=failed&error=dns&period=day"
    links = tree_of(as_admin.get(f"/deliveries{query}")).xpath("//main//a/@href")
    assert f"{START}/new{query}" in links


def test_sending_again_what_was_delivered_warns_first(as_admin, session, ticket, callout):
    add(session, ticket, callout, "delivered")
    assert "The receivers have these already." in said(as_admin.get(f"{START}/new?state=delivered"))


def test_nothing_is_sent_that_was_not_counted(as_admin, session, ticket, callout, failed):
    fields = hidden(as_admin.get(f"{START}/new"))
    late = add(session, ticket, callout, "failed", age=-HOUR)
    as_admin.post(START, data=fields)
    work()
    assert in_state(session, "failed") == late


def test_what_has_gone_meanwhile_starts_nothing_and_is_counted_anew(as_admin, session, failed):
    fields = hidden(as_admin.get(f"{START}/new"))
    session.execute(update(Delivery).values(state="delivered"))
    session.commit()
    answer = as_admin.post(START, data=fields, follow_redirects=True)
    assert "Nothing was started" in message(answer)
    assert "0 deliveries match" in said(answer)
    assert the_job(session) is None


@pytest.mark.parametrize("until", ["", "now", "3000-01-01T00:00:00+00:00"])
def test_a_count_from_nowhere_never_reaches_beyond_now(as_admin, session, failed, until):
    fields = hidden(as_admin.get(f"{START}/new"))
    as_admin.post(START, data=fields | {"until": until})
    job = the_job(session)
    assert job is None or job.until <= clock.now()


def test_a_job_can_be_stopped_and_says_who_did(as_admin, session, admin, failed):
    start(as_admin)
    job = the_job(session)
    answer = as_admin.post(f"{START}/{job.id}/stop")
    session.expire_all()
    answer = as_admin.get(answer.location)
    assert "The job was stopped." in message(answer)
    assert f"{admin.name} stopped it" in said(answer)
    session.refresh(job)
    assert job.state == BULK_STOPPED
    session.commit()
    answer = as_admin.post(f"{START}/{job.id}/stop", follow_redirects=True)
    assert "too late to stop" in message(answer)


def test_what_was_left_is_told(as_admin, session, failed):
    start(as_admin)
    session.execute(update(Delivery).filter_by(id=failed[0]).values(state="delivered"))
    session.commit()
    work()
    answer = as_admin.get(f"{START}/{the_job(session).id}")
    assert "2 of 3 sent again" in said(answer)
    assert "The other 1 had changed by themselves meanwhile" in said(answer)


def test_the_latest_jobs_are_listed(as_admin, session, company, callout, admin):
    assert "No bulk job yet" in said(as_admin.get(START))
    for title in ("One", "Two"):
        add(session, make_ticket(session, company, title=title), callout, "failed")
        start(as_admin, f"?ticket={title}")
    newer, older = rows(as_admin.get(START))
    assert "of tickets with “Two”" in newer[0]
    assert "of tickets with “One”" in older[0]
    assert newer[1:4] == ["Under way", "0 of 1", admin.name]


def test_only_an_administrator_starts_one(as_technician, session, failed):
    assert as_technician.get(f"{START}/new").status_code == 403
    assert as_technician.post(START, data={"until": clock.now().isoformat()}).status_code == 403
    assert the_job(session) is None


def test_the_part_that_is_asked_for_again_has_the_same_facts(as_admin, session, failed):
    start(as_admin)
    job = the_job(session)
    answer = as_admin.get(f"{START}/{job.id}/live")
    assert "data-live" in answer.text
    assert "<html" not in answer.text
    assert job.state == BULK_OPEN
