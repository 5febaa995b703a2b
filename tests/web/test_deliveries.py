"""The deliveries' pages: the list, one delivery with what was sent and answered, sending again, cancelling."""

import json
import shutil
import subprocess
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from sqlalchemy import insert, select, update

from portal import clock
from portal.core.eastern import round_trip
from portal.delivery import outbox
from portal.desk.tickets import edit_ticket
from portal.models import Attempt, Callout, Delivery, Rule, RuleAction
from portal.models.delivery import STATES
from portal.services import services
from portal.web.bodies import of_bytes, of_text
from portal.web.curl import curl_command
from portal.web.exchange import exchange_of, headers_of
from tests.conftest import TECHNICIAN, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer, reset
from tests.web.browser import enter, look_over
from tests.web.reading import message, rows, said, tree_of

XML = {"Content-Type": "text/xml; charset=utf-8"}


def complete(session, ticket, status: int = 5) -> int:
    """Change a ticket so that its rule fires; give the id of the delivery that this makes."""
    edit_ticket(
        session(), ticket.id, {"status": status}, {}, actor=TECHNICIAN, now=clock.now(), domain="DEV3.COM"
    )
    session.commit()
    return newest(session)


def newest(session) -> int:
    found = session.scalar(select(Delivery.id).order_by(Delivery.id.desc()).limit(1))
    session.commit()
    return found


def state_of(session, delivery_id: int) -> str:
    session.expire_all()
    state = session.get(Delivery, delivery_id).state
    session.commit()
    return state


def shown(client: FlaskClient, query: str = "") -> list[int]:
    """Give the deliveries that a list shows, in its order."""
    return [int(row[0]) for row in rows(client.get(f"/deliveries{query}"))]


def text_at(answer, element_id: str) -> str:
    return tree_of(answer).get_element_by_id(element_id).text_content()


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


@pytest.mark.parametrize("state", STATES)
def test_the_list_is_filtered_by_state(as_technician, many, state):
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


@pytest.mark.parametrize(
    "query",
    [
        "?callout=x",
        "?callout=99999999999999999999",
        "?state=nonsense",
        "?period=ever",
        "?ticket=%00",
        "?page=x",
    ],
)
def test_an_address_that_makes_no_sense_shows_the_whole_list(as_technician, many, query):
    assert len(shown(as_technician, query)) == len(STATES)


@pytest.mark.parametrize(
    "query", ["?ticket=nothing+like+this", "?callout=4711", "?ticket=99999999999999999999"]
)
def test_where_nothing_matches_the_filters_can_be_cleared(as_technician, many, query):
    answer = as_technician.get(f"/deliveries{query}")
    assert "No delivery matches" in said(answer)
    assert tree_of(answer).xpath('//main//a[@href="/deliveries"]')


def test_a_hundred_thousand_deliveries_are_shown_25_a_page(as_technician, session, ticket, callout):
    moment = clock.now()
    row = {
        "callout_id": callout.id,
        "callout_name": callout.name,
        "ticket_id": ticket.id,
        "rule_name": "",
        "state": "delivered",
        "reason": "",
        "fields": "{}",
        "due_at": 0,
        "attempts": 0,
        "attempts_before": 0,
        "created_at": moment,
        "ended_at": moment,
    }
    session.execute(insert(Delivery), [row | {"uid": str(number)} for number in range(100_000)])
    session.commit()
    answer = as_technician.get(f"/deliveries?callout={callout.id}&state=delivered&page=4000")
    assert len(rows(answer)) == 25
    assert "99,976–100,000 of 100,000" in said(answer)
    assert shown(as_technician, "?page=4000") == list(
        range(newest(session) - 99_975, newest(session) - 100_000, -1)
    )


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


def test_an_attempt_shows_what_was_sent_and_what_came_back(as_admin, session, ticket, receiver, drain):
    secret = services().credentials.encrypt("hunter2-secret")
    make_callout(
        session,
        f"{receiver.url}?key=1",
        data_format="soap",
        method_name="Changed",
        soap_action="urn:x/Changed",
        username="rmm-user",
        password_encrypted=secret,
    )
    reply = b'<?xml version="1.0" encoding="utf-8"?><r:ok xmlns:r="urn:r"><r:id>7</r:id></r:ok>'
    receiver.answers = [Answer(200, reply, XML)]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_admin.get(f"/deliveries/{delivery_id}")
    (got,) = receiver.got
    assert text_at(answer, "attempt-1-url") == f"{receiver.url}?key=1"
    assert text_at(answer, "attempt-1-request-body-raw") == got.body.decode()
    assert "  <soap:Body>\n" in text_at(answer, "attempt-1-request-body-pretty")
    assert text_at(answer, "attempt-1-answer-body-raw") == reply.decode()
    assert text_at(answer, "attempt-1-answer-body-pretty") == (
        '<?xml version="1.0" encoding="utf-8"?>\n<r:ok xmlns:r="urn:r">\n  <r:id>7</r:id>\n</r:ok>'
    )
    assert "HTTP 200 OK: delivered." in said(answer)
    sent, came = (
        {row.find("th").text: row.find("td").text for row in table.findall(".//tr")}
        for table in tree_of(answer).xpath('//table[@class="headers"]')
    )
    assert sent["Authorization"] == "•••"
    assert sent["SOAPAction"] == got.headers["SOAPAction"]
    assert came["Content-Type"] == XML["Content-Type"]
    for hidden in ("hunter2-secret", "rmm-user", got.headers["Authorization"].removeprefix("Basic ")):
        assert hidden not in answer.text


def test_the_values_of_a_get_are_shown_decoded(as_technician, session, ticket, receiver, drain):
    make_callout(session, f"{receiver.url}?key=a%26b", transport="GET")
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    lines = text_at(answer, "attempt-1-query").splitlines()
    assert lines[:4] == ["key = a&b", f"id = {ticket.id}", f"number = {ticket.number}", "status = Complete"]


def test_characters_that_xml_cannot_carry_are_said(as_technician, session, company, receiver, drain):
    from portal.models import Udf

    udf = Udf(name="Alert", type="text")
    session.add(udf)
    session.flush()
    make_callout(session, receiver.url, data_format="xml_rpc", method_name="m", udf_id=udf.id)
    ticket = make_ticket(session, company, udfs={udf.id: "a\x01b\x02c\x03"})
    delivery_id = complete(session, ticket)
    drain()
    text = said(as_technician.get(f"/deliveries/{delivery_id}"))
    assert "3 characters that XML can’t carry were sent as U+FFFD" in text


def test_a_cut_answer_says_how_much_is_kept_and_missing(
    as_technician, session, ticket, callout, receiver, drain
):
    receiver.answers = [Answer(500, b"x" * 40_000)]
    delivery_id = complete(session, ticket)
    drain()
    text = said(as_technician.get(f"/deliveries/{delivery_id}"))
    assert "Only the first 16,384 bytes of this answer are kept; 23,616 more are missing." in text


def test_a_binary_answer_is_shown_as_bytes(as_technician, session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(200, b"\x89PNG\r\n\x00<script>", {"Content-Type": "image/png"})]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    assert text_at(answer, "attempt-1-answer-body-raw").split("  ")[1].startswith("89 50 4e 47 0d 0a 00 3c")
    assert "This is no text" in said(answer)


def test_an_answer_can_put_nothing_into_the_page(as_technician, session, ticket, callout, receiver, drain):
    hostile = "</pre><script>alert(1)</script>"
    headers = {"Content-Type": "text/html", "X-Odd": "<img src=x onerror=alert(1)>"}
    receiver.answers = [Answer(500, hostile.encode(), headers)]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    assert text_at(answer, "attempt-1-answer-body-raw") == hostile
    assert not tree_of(answer).xpath("//main//script | //main//img")


def test_an_attempt_without_an_answer_says_why(as_technician, session, ticket, callout, receiver, drain):
    receiver.answers = [Answer(act=reset)]
    delivery_id = complete(session, ticket)
    drain()
    answer = as_technician.get(f"/deliveries/{delivery_id}")
    panel = tree_of(answer).xpath('//*[@aria-labelledby="attempt-1-answer"]')[0].text_content()
    assert "None came" in panel
    assert "reset the connection" in panel


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


def arguments_of(command: str) -> list[str]:
    """Let a real shell take a command apart: what its program would be given."""
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + command
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=True, cwd="/")
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize(
    "body",
    [
        "a=1&b=2",
        'it\'s "quoted" $HOME `id` $(id) \\ !x',
        "@/etc/passwd",
        "-d",
        "line\nline\r\n\ttab",
        "Größe 💾",
        ";",
    ],
)
def test_a_curl_command_passes_everything_through_a_shell_unchanged(body):
    url = "https://rmm.example/a'b?x=[1-3]&y={a,b}&z=$(id)"
    headers = [("Content-Type", "text/xml"), ("X-Odd", "';id #"), ("X-Empty", ""), ("Authorization", "•••")]
    assert arguments_of(curl_command("POST", url, headers, body)) == [
        *("--globoff", "--request", "POST", "--url", url),
        *("--header", "Content-Type: text/xml", "--header", "X-Odd: ';id #", "--header", "X-Empty;"),
        *("--user", "USERNAME:PASSWORD", "--data-raw", body),
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("transport", ["GET", "POST"])
def test_a_curl_command_sends_the_same_request(as_technician, session, ticket, receiver, drain, transport):
    make_callout(session, f"{receiver.url}?key=a%26b", transport=transport, username="rmm")
    delivery_id = complete(session, ticket)
    drain()
    command = text_at(as_technician.get(f"/deliveries/{delivery_id}"), "attempt-1-curl")
    command += " --silent --noproxy '*'"
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    first, second = receiver.got
    assert (first.method, first.path, first.body) == (second.method, second.path, second.body)
    kept = {name: value for name, value in first.headers.items() if name not in {"Authorization", "Host"}}
    assert kept.items() <= second.headers.items()
    assert second.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("body", "media_type", "pretty"),
    [
        ('{"b":1,"ä":[true]}', "application/json", '{\n  "b": 1,\n  "ä": [\n    true\n  ]\n}'),
        ('{"broken":', "application/json", ""),
        ("<a><b> x </b></a>", "application/soap+xml", "<a>\n  <b> x </b>\n</a>"),
        ("<a><b></a>", "text/xml", ""),
        ("id=1&name=a%20b+c&empty=", "application/x-www-form-urlencoded", "id = 1\nname = a b c\nempty = "),
        ("<p>not closed", "text/html", ""),
        ("plain", "text/plain", ""),
        ("[" * 10_000, "application/json", ""),
        ("<a>" * 5_000, "text/xml", ""),
        ("<a>" * 2_000 + "</a>" * 2_000, "text/xml", ""),
        ('<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "text/xml", ""),
    ],
)
def test_a_body_is_made_readable_where_it_can_be(body, media_type, pretty):
    shown = of_text(body, media_type)
    assert shown.text == body
    assert shown.pretty == pretty


@pytest.mark.parametrize(
    ("body", "charset", "cut", "text"),
    [
        (b"\xefxx", "", False, None),
        (b"caf\xe9", "iso-8859-1", False, "café"),
        (b"caf\xc3\xa9", "", False, "café"),
        (b"caf\xc3", "", True, "caf"),
        (b"caf\xc3", "", False, None),
        ("\ufeffäx".encode("utf-16-le"), "", False, "äx"),
        (b"a\x00b", "utf-8", False, None),
        (b"a\x1b[31mb", "utf-8", False, "a␛[31mb"),
        (b"plain", "no-such-charset", False, "plain"),
        (b"plain", "hex", False, "plain"),
    ],
)
def test_a_body_is_text_where_its_bytes_are(body, charset, cut, text):
    shown = of_bytes(body, "text/plain", charset, cut=cut)
    assert shown.binary is (text is None)
    if text is not None:
        assert shown.text == text


def test_headers_are_read_back_as_they_were_kept():
    assert headers_of("A: 1\nB: x: y\nEmpty: \n  folded\nC: 3") == [
        ("A", "1"),
        ("B", "x: y"),
        ("Empty", "folded"),
        ("C", "3"),
    ]


def test_an_attempt_that_is_not_stored_can_be_shown_too():
    """What only tries a callout out has no row."""
    blank = dict.fromkeys(("request_headers", "request_body", "answer_headers", "status_reason"), "")
    tried = Attempt(method="GET", url="http://x.example/?a=1", answer_body=b"", replaced=0, **blank)
    sides = exchange_of(tried)
    assert sides.query == "a = 1"
    assert sides.status == ""


@pytest.mark.browser
def test_in_a_browser_a_delivery_arrives_by_itself(
    page: Page, session, technician, ticket, callout, receiver, drain
):
    receiver.answers = [
        Answer(503, b"<h1>busy</h1>", {"Content-Type": "text/html"}),
        Answer(200, b'{"ok":true}'),
    ]
    delivery_id = complete(session, ticket)
    enter(page, technician)
    page.goto(f"/deliveries/{delivery_id}")
    expect(page.locator(".standing")).to_contain_text("as soon as a worker is free")
    drain()
    expect(page.locator(".standing")).to_contain_text("Resending 2 of 11")
    page.locator("#attempt-1-as-curl summary").click()
    expect(page.locator("#attempt-1-curl")).to_contain_text("curl --globoff --request POST")
    session.execute(update(Delivery).values(due_at=int(clock.now().timestamp()) - 1))
    session.commit()
    drain()
    expect(page.locator(".standing")).to_contain_text("Delivered")
    expect(page.locator("#attempt-2-answer-body-pretty")).to_have_text(json.dumps({"ok": True}, indent=2))
    # what was opened stays open, also when the part around it is replaced
    expect(page.locator("#attempt-1-curl")).to_be_visible()
    look_over(page)
    page.once("dialog", lambda dialog: dialog.accept())
    page.set_viewport_size({"width": 1280, "height": 900})
    page.locator("#send-again").click()
    expect(page.locator("#messages")).to_contain_text("is sent again")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("#cancel").click()
    expect(page.locator("#messages")).to_contain_text("was cancelled")
    page.goto("/deliveries")
    look_over(page)


@pytest.mark.browser
def test_request_and_answer_stand_side_by_side_on_wide_pages(
    page: Page, session, technician, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    enter(page, technician)
    for width, beside in ((1280, True), (1200, True), (1100, False), (390, False)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"/deliveries/{delivery_id}")
        left, right = (each.bounding_box() for each in page.locator(".side").all())
        assert (right["x"] > left["x"]) is beside, width
        assert (right["y"] > left["y"]) is not beside, width


@pytest.mark.browser
def test_without_javascript_a_delivery_is_read_and_sent_again(
    plain_page: Page, session, technician, ticket, callout, receiver, drain
):
    delivery_id = complete(session, ticket)
    drain()
    enter_plainly(plain_page, technician)
    plain_page.goto(f"/deliveries/{delivery_id}")
    plain_page.locator("#attempt-1-request-body-as-is summary").click()
    expect(plain_page.locator("#attempt-1-request-body-raw")).to_contain_text("id=")
    plain_page.locator("#send-again").click()
    expect(plain_page.locator("#messages")).to_contain_text("is sent again")


def enter_plainly(page: Page, who) -> None:
    from tests.conftest import PASSWORD

    page.goto("/sign-in")
    page.locator("#user_name").fill(who.user_name)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button[type=submit]").click()
    expect(page.locator("h1")).to_have_text("Home")
