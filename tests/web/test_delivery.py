"""One delivery's page: what it tells, sending again, cancelling."""

from sqlalchemy import update

from portal import clock
from portal.core.eastern import round_trip
from portal.db.services import services
from portal.delivery import outbox
from portal.models import Callout, Delivery, Rule, RuleAction
from tests.receiver import Answer
from tests.web.delivering import complete, state_of, text_at
from tests.web.reading import message, said, tree_of

XML = {"Content-Type": "text/xml; charset=utf-8"}


def test_a_delivery_tells_the_seven_values_as_sent_and_that_they_are_eastern(
    as_technician, session, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    cells = tree_of(answer).xpath('//dl[contains(@class, "values")]/*')
    values = [cell.text_content() for cell in cells]
    session.refresh(ticket)
    assert values == [
        *("id", str(ticket.id), "number", ticket.number, "status", "Complete"),
        *("created_datetime", round_trip(ticket.created_at)),
        *("last_activity_datetime", round_trip(ticket.last_activity_at)),
        *("domain", "DEV3.COM", "udf", "(empty)"),
    ]
    assert "Times are US Eastern" in said(answer)


def test_a_delivery_names_its_ticket_callout_rule_and_webhook_id(
    as_technician, session, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    assert text_at(answer, "webhook-id") == receiver.got[0].headers["webhook-id"]
    text = said(answer)
    for each in (ticket.number, ticket.title, callout.name, f"Tell {callout.name}", "Delivered"):
        assert each in text
    assert "Ended" in text


def test_an_attempt_that_a_worker_died_on_has_no_request_to_show(
    as_technician, session, ticket, callout, receiver, drain, moved_clock
):
    delivery_id = complete(session, ticket)
    lease = {"now": int(clock.now().timestamp()), "lease_seconds": 15}
    outbox.claim(session(), callout.id, 1, "dead", **lease)
    session.commit()
    moved_clock.forward(16)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    assert "The worker that sent this ended before it could record the answer." in said(answer)
    assert not tree_of(answer).xpath('//*[@id="attempt-1-request"]')
    assert tree_of(answer).xpath('//*[@id="attempt-2-request"]')


def test_the_attempts_are_newest_first_and_those_of_earlier_rounds_are_marked(
    as_technician, session, ticket, receiver, drain, callout
):
    session.execute(update(Callout).values(resend_after="passing"))
    session.commit()
    receiver.answers = [Answer(404)]
    delivery_id = complete(session, ticket)
    drain()
    as_technician.post(f"/deliveries/{delivery_id}/send-again")
    drain()
    tree = tree_of(as_technician.get(f"/deliveries/{delivery_id}"))
    events = [each.text_content() for each in tree.xpath('//li[starts-with(@id, "attempt-")]')]
    assert ["Attempt 2" in events[0], "Attempt 1" in events[1]] == [True, True]
    assert ["Earlier round" in each for each in events] == [False, True]
    assert "2, 1 since it was sent again" in " ".join(tree.text_content().split())


def test_many_attempts_are_divided_into_pages(
    as_technician, session, ticket, callout, receiver, drain, moved_clock
):
    receiver.answers = [Answer(401)]
    delivery_id = complete(session, ticket)
    for _ in range(11):
        drain()
        moved_clock.forward(61)
    as_technician.post(f"/deliveries/{delivery_id}/send-again")
    for _ in range(11):
        drain()
        moved_clock.forward(61)
    assert state_of(session, delivery_id) == "failed"
    ids = []
    for page in (1, 2):
        tree = tree_of(as_technician.get(f"/deliveries/{delivery_id}?page={page}"))
        ids += tree.xpath('//li[starts-with(@id, "attempt-")]/@id')
    assert ids == [f"attempt-{number}" for number in range(22, 0, -1)]


def test_a_delivery_says_which_earlier_one_it_waits_for(
    as_technician, session, ticket, callout, receiver, drain
):
    receiver.answers = [Answer(503)]
    first = complete(session, ticket)
    drain()
    second = complete(session, ticket, 8)
    answer = as_technician.get(f"/deliveries/{second}")
    assert f"It is sent after delivery {first}" in said(answer)
    assert tree_of(answer).get_element_by_id("behind").get("href") == f"/deliveries/{first}"
    assert "The next attempt is due in 1 min" in said(as_technician.get(f"/deliveries/{first}"))


def test_a_delivery_that_is_late_says_so(as_technician, session, ticket, callout, receiver):
    delivery_id = complete(session, ticket)
    assert "as soon as a worker is free" in said(as_technician.get(f"/deliveries/{delivery_id}"))
    session.execute(update(Delivery).values(due_at=Delivery.due_at - 300))
    session.commit()
    assert "It should have been sent" in said(as_technician.get(f"/deliveries/{delivery_id}"))


def test_a_failed_delivery_is_sent_again_with_the_same_values_and_id(
    as_technician, session, ticket, callout, receiver, drain
):
    session.execute(update(Callout).values(resend_after="passing"))
    session.commit()
    receiver.answers = [Answer(404), Answer()]
    delivery_id = complete(session, ticket)
    drain()
    assert state_of(session, delivery_id) == "failed"
    assert (
        tree_of(as_technician.get(f"/deliveries/{delivery_id}")).get_element_by_id("send-again") is not None
    )
    services().doorbell.answer()
    answer = as_technician.post(f"/deliveries/{delivery_id}/send-again", follow_redirects=True)
    assert message(answer) == f"Delivery {delivery_id} is sent again, with the same values."
    assert services().doorbell.answer()
    drain()
    assert state_of(session, delivery_id) == "delivered"
    first, second = receiver.got
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_a_delivery_under_way_is_not_started_a_second_time(as_technician, session, ticket, callout, receiver):
    delivery_id = complete(session, ticket)
    answer = as_technician.post(f"/deliveries/{delivery_id}/send-again", follow_redirects=True)
    assert "under way already" in message(answer)
    assert state_of(session, delivery_id) == "waiting"


def test_what_is_sent_again_to_an_inactive_callout_waits_for_it(
    as_technician, session, ticket, callout, receiver
):
    session.execute(update(Callout).values(active=False))
    session.commit()
    delivery_id = complete(session, ticket)
    assert state_of(session, delivery_id) == "skipped"
    assert "The callout was inactive when the rule fired." in said(
        as_technician.get(f"/deliveries/{delivery_id}")
    )
    answer = as_technician.post(f"/deliveries/{delivery_id}/send-again", follow_redirects=True)
    assert "waits until that is active" in message(answer)
    assert "The callout is inactive. This is sent once it is active again." in said(answer)


def test_what_was_sent_to_a_deleted_callout_stays_and_says_why_it_cannot_be_sent(
    as_admin, session, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    session.query(RuleAction).delete()
    session.query(Rule).update({"active": False})
    session.commit()
    name = callout.name
    as_admin.post(f"/admin/callouts/{callout.id}/delete")
    answer = as_admin.get(f"/deliveries/{delivery_id}")
    assert "The callout has been deleted since, so this can’t be sent again." in said(answer)
    assert name in said(answer)
    assert not tree_of(answer).xpath('//*[@id="send-again"]')
    answer = as_admin.post(f"/deliveries/{delivery_id}/send-again", follow_redirects=True)
    assert f"“{name}” has been deleted, so there is nowhere to send" in message(answer)
    assert state_of(session, delivery_id) == "delivered"


def test_a_waiting_delivery_is_cancelled_and_names_who_did_it(
    as_technician, technician, session, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    assert tree_of(as_technician.get(f"/deliveries/{delivery_id}")).get_element_by_id("cancel") is not None
    answer = as_technician.post(f"/deliveries/{delivery_id}/cancel", follow_redirects=True)
    assert message(answer) == f"Delivery {delivery_id} was cancelled. It can still be sent again."
    assert f"Cancelled by {technician.name}." in said(answer)
    drain()
    assert receiver.got == []


def test_it_can_be_too_late_to_cancel(as_technician, session, ticket, callout, receiver, drain):
    delivery_id = complete(session, ticket)
    session.execute(update(Delivery).values(state="sending"))
    session.commit()
    answer = as_technician.post(f"/deliveries/{delivery_id}/cancel", follow_redirects=True)
    assert "It was too late to cancel: a request is under way." in message(answer)
    session.execute(update(Delivery).values(state="waiting"))
    session.commit()
    drain()
    answer = as_technician.post(f"/deliveries/{delivery_id}/cancel", follow_redirects=True)
    assert f"It was too late to cancel: delivery {delivery_id} has ended (delivered)." in message(answer)
    assert state_of(session, delivery_id) == "delivered"


def test_only_an_administrator_is_led_to_the_callout(as_technician, session, ticket, callout, receiver):
    delivery_id = complete(session, ticket)
    assert "/admin" not in as_technician.get(f"/deliveries/{delivery_id}").text


def test_the_part_that_changes_by_itself_asks_for_more_only_while_the_delivery_is_open(
    as_technician, session, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    assert "data-live" in as_technician.get(f"/deliveries/{delivery_id}/live").text
    drain()
    part = as_technician.get(f"/deliveries/{delivery_id}/live").text
    assert "data-live" not in part
    assert "<html" not in part
    # a token would differ each time, and the page would be replaced for nothing
    assert "csrf_token" not in part
