"""What becomes of a delivery, from the ticket's change to its end."""

import json
import re

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.core.actors import SYSTEM, Context
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import outbox
from portal.desk.ticket_work import edit_ticket
from portal.models import Attempt, CalloutRecipient, Delivery, Message, TicketNote
from tests.conftest import BOTH, TECHNICIAN, make_resource, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer, reset


def change(session, ticket, status: int) -> None:
    edit_ticket(session(), Context(TECHNICIAN, clock.now(), "DEV3.COM"), ticket.id, {"status": status}, {})
    session.commit()


def only_delivery(session) -> Delivery:
    return session.scalars(select(Delivery)).one()


def deliveries(session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_completed_ticket_is_told_to_the_receiver_once(session, ticket, callout, receiver, drain):
    change(session, ticket, 5)
    drain()
    drain()
    (got,) = receiver.got
    assert b"status=Complete" in got.body
    delivery = only_delivery(session)
    assert (delivery.state, delivery.attempt_count) == ("delivered", 1)
    (attempt,) = delivery.attempts
    assert attempt.status == 200
    assert attempt.error == ""
    assert got.headers["webhook-id"] == delivery.uid
    assert got.headers["X-Callout-Attempt"] == "1"
    assert re.fullmatch(r"\d{10}", got.headers["webhook-timestamp"])


def test_any_2xx_answer_is_a_success(session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(204, b"")]
    change(session, ticket, 5)
    drain()
    assert only_delivery(session).state == "delivered"


def test_an_error_is_sent_again_after_60_seconds_and_given_up_after_11_attempts(
    session, ticket, callout, receiver, drain, moved_clock
):
    receiver.answers = [Answer(503)]
    change(session, ticket, 5)
    for attempt in range(1, 12):
        assert drain() == 1, f"attempt {attempt}"
        delivery = only_delivery(session)
        if attempt < 11:
            assert delivery.state == "waiting"
            assert delivery.due_at - delivery.attempts[-1].started_at.timestamp() >= 60
            assert delivery.due_at - clock.now().timestamp() <= 61
            moved_clock.forward(50)
            assert drain() == 0, "sent too early"
            moved_clock.forward(11)
    assert only_delivery(session).state == "failed"
    moved_clock.forward(3600)
    assert drain() == 0
    assert [got.headers["X-Callout-Attempt"] for got in receiver.got] == [str(n) for n in range(1, 12)]
    assert len({got.headers["webhook-id"] for got in receiver.got}) == 1


def test_retry_after_is_honoured_when_it_asks_for_longer(
    session, ticket, callout, receiver, drain, moved_clock
):
    receiver.answers = [Answer(503, headers={"Retry-After": "300"}), Answer()]
    change(session, ticket, 5)
    drain()
    moved_clock.forward(290)
    assert drain() == 0
    moved_clock.forward(11)
    assert drain() == 1
    assert only_delivery(session).state == "delivered"


@pytest.mark.parametrize(("status", "state"), [(404, "failed"), (500, "waiting")])
def test_only_errors_that_may_pass_are_resent_where_the_callout_says_so(
    session, ticket, receiver, drain, status, state
):
    make_callout(session, receiver.url, resend_after="passing")
    receiver.answers = [Answer(status)]
    change(session, ticket, 5)
    drain()
    assert only_delivery(session).state == state


FAULTS = {
    "soap": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>x'
    b"</faultcode><faultstring>no such alert</faultstring></s:Fault></s:Body></s:Envelope>",
    "xml_rpc": b"<methodResponse><fault><value><struct><member><name>faultCode</name><value><int>4</int></value>"
    b"</member><member><name>faultString</name><value>no such alert</value></member></struct></value></fault>"
    b"</methodResponse>",
}


@pytest.mark.parametrize("data_format", FAULTS)
def test_a_fault_inside_a_200_is_an_error(session, ticket, receiver, drain, data_format):
    make_callout(session, receiver.url, data_format=data_format, method_name="M", soap_action="urn:M")
    receiver.answers = [Answer(200, FAULTS[data_format])]
    change(session, ticket, 5)
    drain()
    (attempt,) = only_delivery(session).attempts
    assert attempt.error_kind == "fault"
    assert "no such alert" in attempt.error
    assert only_delivery(session).state == "waiting"


def test_a_redirect_is_an_error_and_is_not_followed(session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(302, headers={"Location": "/elsewhere"})]
    change(session, ticket, 5)
    drain()
    (attempt,) = only_delivery(session).attempts
    assert attempt.error_kind == "redirect"
    assert "/elsewhere" in attempt.error
    assert len(receiver.got) == 1


def test_a_reset_connection_is_told_in_words_and_tried_again(
    session, ticket, callout, receiver, drain, moved_clock
):
    receiver.answers = [Answer(act=reset), Answer()]
    change(session, ticket, 5)
    drain()
    assert only_delivery(session).attempts[0].error_kind == "reset"
    moved_clock.forward(61)
    drain()
    assert only_delivery(session).state == "delivered"


def test_a_refused_address_fails_with_its_reason_and_is_not_resent(session, ticket, receiver, drain):
    make_callout(session, "http://192.168.7.7/callouts")
    change(session, ticket, 5)
    drain()
    delivery = only_delivery(session)
    assert (delivery.state, delivery.attempt_count) == ("failed", 1)
    assert delivery.attempts[0].error_kind == "refused address"
    assert "PORTAL_ALLOWED_NETWORKS" in delivery.attempts[0].error


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_callouts_of_one_ticket_arrive_in_the_order_in_which_it_changed(
    session, ticket, callout, receiver, drain, moved_clock
):
    receiver.answers = [Answer(503), Answer()]
    for status in (8, 9, 5):
        change(session, ticket, status)
    drain()
    assert len(receiver.got) == 1, "a later one overtook the first, which waits for its resend"
    moved_clock.forward(61)
    drain()
    sent = [re.search(rb"status=([^&]*)", got.body)[1] for got in receiver.got]
    assert sent == [b"In+Progress", b"In+Progress", b"Waiting+Materials", b"Complete"]


def test_different_tickets_do_not_wait_for_each_other(session, company, callout, receiver, drain):
    receiver.answers = [Answer(503), Answer()]
    first, second = make_ticket(session, company), make_ticket(session, company)
    change(session, first, 5)
    drain()
    change(session, second, 5)
    drain()
    assert [each.state for each in deliveries(session)] == ["waiting", "delivered"]


def test_mending_a_wrong_url_heals_what_is_waiting(session, ticket, receiver, drain, moved_clock):
    callout = make_callout(session, "http://127.0.0.1:9/")
    change(session, ticket, 5)
    drain()
    assert only_delivery(session).attempts[0].error_kind == "connect"
    callout.url = receiver.url
    session.commit()
    moved_clock.forward(61)
    drain()
    assert only_delivery(session).state == "delivered"
    assert b"status=Complete" in receiver.got[0].body


def test_a_delivery_of_a_callout_that_became_inactive_waits_until_it_is_active_again(
    session, ticket, callout, receiver, drain
):
    change(session, ticket, 5)
    callout.active = False
    session.commit()
    assert drain() == 0
    callout.active = True
    session.commit()
    assert drain() == 1


def test_credentials_are_sent_as_basic_and_never_recorded(session, ticket, receiver, drain):
    encrypted = services().credentials.encrypt("s3cret-pässword")
    make_callout(session, receiver.url, username="acme", password_encrypted=encrypted)
    receiver.answers = [Answer(500, b"you said s3cret-p\xc3\xa4ssword")]
    change(session, ticket, 5)
    drain()
    import base64

    scheme, _, pair = receiver.got[0].headers["Authorization"].partition(" ")
    assert scheme == "Basic"
    assert base64.b64decode(pair).decode() == "acme:s3cret-pässword"
    (attempt,) = only_delivery(session).attempts
    assert "Authorization: •••" in attempt.request_headers
    everything = repr([getattr(attempt, column.name) for column in Attempt.__table__.columns])
    assert "s3cret" not in everything
    assert pair not in everything


def test_a_password_that_no_key_opens_fails_with_advice(session, ticket, receiver, drain):
    make_callout(session, receiver.url, username="acme", password_encrypted="gAAAAAB-not-ours")
    change(session, ticket, 5)
    drain()
    delivery = only_delivery(session)
    assert delivery.state == "failed"
    assert "PORTAL_CREDENTIAL_KEYS" in delivery.attempts[0].error
    assert receiver.got == []


@pytest.mark.parametrize(
    ("only_on_failure", "answer", "told"),
    [(False, 200, 1), (True, 200, 0), (False, 404, 1), (True, 404, 1)],
)
def test_a_notification_and_a_note_or_neither(
    session, ticket, receiver, drain, only_on_failure, answer, told
):
    callout = make_callout(
        session, receiver.url, only_on_failure=only_on_failure, resend_after="passing", name="Acme RMM"
    )
    resource = make_resource(session, "service_desk", email2="second@example.com")
    session.add_all(CalloutRecipient(callout_id=callout.id, resource_id=resource.id, slot=n) for n in (1, 2))
    session.commit()
    receiver.answers = [Answer(answer, b"line one\nline two")]
    change(session, ticket, 5)
    drain()
    mails = list(session.scalars(select(Message)))
    notes = list(session.scalars(select(TicketNote)))
    assert sorted(mail.to_address for mail in mails) == (
        ["ada@example.com", "second@example.com"] if told else []
    )
    assert len(notes) == told
    if told:
        good, bad = "delivered on attempt 1 (HTTP 200).", "failed after 1 attempt: HTTP 404 Not Found."
        assert notes[0].description == f"Extension callout 'Acme RMM' {good if answer == 200 else bad}"
        assert (notes[0].note_type, notes[0].creator_id) == (91, None)
        assert ticket.number in mails[0].subject
        assert "line two" in mails[0].body
        assert f"/deliveries/{only_delivery(session).id}" in mails[0].body
        assert mails[0].state == "kept", "there is no mail server in this test"


def test_without_chosen_recipients_there_is_no_note(session, ticket, callout, receiver, drain):
    change(session, ticket, 5)
    drain()
    assert session.scalars(select(TicketNote)).all() == []


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_lease_that_ended_is_taken_over_and_the_lost_attempt_is_shown(
    session, ticket, callout, receiver, drain, moved_clock
):
    change(session, ticket, 5)
    claim_as_a_worker_that_dies(callout)
    assert drain() == 0, "the lease still holds"
    moved_clock.forward(services().settings.lease_seconds + 1)
    assert drain() == 1
    delivery = only_delivery(session)
    assert (delivery.state, delivery.attempt_count) == ("delivered", 2)
    assert [attempt.error_kind for attempt in delivery.attempts] == ["lost", ""]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_delivery_that_kills_its_workers_is_given_up(
    session, ticket, callout, receiver, drain, moved_clock
):
    resource = make_resource(session, "service_desk")
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=resource.id, slot=1))
    session.commit()
    change(session, ticket, 5)
    for _ in range(11):
        assert claim_as_a_worker_that_dies(callout) == 1
        moved_clock.forward(services().settings.lease_seconds + 1)
        take_back()
    drain()
    delivery = only_delivery(session)
    assert (delivery.state, delivery.attempt_count) == ("failed", 11)
    assert receiver.got == []


def test_the_give_up_of_a_lost_delivery_is_told_too(session, ticket, callout, receiver, drain, moved_clock):
    resource = make_resource(session, "service_desk")
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=resource.id, slot=1))
    session.commit()
    change(session, ticket, 5)
    session.execute(update(Delivery).values(attempt_count=10))
    session.commit()
    claim_as_a_worker_that_dies(callout)
    moved_clock.forward(services().settings.lease_seconds + 1)
    drain()
    assert only_delivery(session).state == "failed"
    (note,) = session.scalars(select(TicketNote))
    assert "failed after 11 attempts" in note.description


def test_a_result_whose_claim_is_stale_changes_nothing(session, ticket, callout):
    from portal.core.verdicts import Delivered

    change(session, ticket, 5)
    claim_as_a_worker_that_dies(callout)
    delivery = only_delivery(session)
    held = outbox.settle(session(), "somebody else", [(delivery.id, Delivered(), {})], clock.now())
    session.commit()
    assert held == set()
    assert only_delivery(session).state == "sending"


def claim_as_a_worker_that_dies(callout) -> int:
    now = int(clock.now().timestamp())
    lease = services().settings.lease_seconds
    rows = outbox.claim(db.session(), callout.id, 10, "dead", now=now, lease_seconds=lease)
    db.session.commit()
    return len(rows)


def take_back() -> None:
    outbox.take_back(db.session(), 10, now=clock.now(), policy=services().settings.policy)
    db.session.commit()


def test_send_again_starts_a_new_round_with_the_same_id_and_values(
    session, ticket, receiver, drain, moved_clock
):
    make_callout(session, receiver.url, resend_after="passing")
    receiver.answers = [Answer(404), Answer(404), Answer()]
    change(session, ticket, 5)
    drain()
    delivery = only_delivery(session)
    change(session, ticket, 8)
    assert outbox.send_again(session(), delivery.id, clock.now())
    session.commit()
    drain()
    first, second = receiver.got[0], receiver.got[-1]
    again = [got for got in receiver.got if got.headers["webhook-id"] == delivery.uid]
    assert [got.headers["X-Callout-Attempt"] for got in again] == ["1", "2"]
    assert again[0].body == again[1].body
    assert first is not second


def test_send_again_is_only_for_ended_and_cancel_only_for_waiting_deliveries(session, ticket, callout):
    change(session, ticket, 5)
    delivery = only_delivery(session)
    assert not outbox.send_again(session(), delivery.id, clock.now())
    assert outbox.cancel(session(), delivery.id, SYSTEM.name, clock.now())
    assert not outbox.cancel(session(), delivery.id, SYSTEM.name, clock.now())
    session.commit()
    assert only_delivery(session).state == "cancelled"
    assert outbox.send_again(session(), delivery.id, clock.now())


def test_only_the_first_16_kib_of_an_answer_are_kept(session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(200, b"x" * 200_000)]
    change(session, ticket, 5)
    drain()
    (attempt,) = only_delivery(session).attempts
    assert len(attempt.answer_body) == 16 * 1024
    assert attempt.answer_cut
    assert only_delivery(session).state == "delivered"


def test_the_values_are_those_of_the_event(session, ticket, callout, receiver, drain):
    change(session, ticket, 5)
    values = json.loads(only_delivery(session).fields)
    ticket.title = "changed later"
    change(session, ticket, 8)
    assert json.loads(deliveries(session)[0].fields) == values
    assert values["status"] == "Complete"
    assert values["domain"] == "DEV3.COM"


def test_a_mail_marks_where_the_answer_was_cut(session, ticket, callout, receiver, drain):
    admin = make_resource(session, "administrator")
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=admin.id, slot=1))
    session.commit()
    receiver.answers = [Answer(200, b"\n".join([b"x" * 300, *[b"line %d" % n for n in range(2, 15)]]))]
    change(session, ticket, 5)
    drain()
    body = session.scalars(select(Message)).one().body
    assert f"\n{'x' * 200} …\n" in body
    assert "line 10\n…\n" in body
    assert "line 11" not in body
