"""`portal deliveries`: the same deliveries as on the pages, for shells and scripts."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine, event, update

from portal import clock
from portal.db.engine import db
from portal.db.services import services
from portal.models import Attempt, Callout, Delivery
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer
from tests.web.delivering import complete

PASSWORD = "open sesame 4711"


@pytest.fixture
def protected(session, receiver) -> Callout:
    """A callout with a password."""
    encrypted = services().credentials.encrypt(PASSWORD)
    return make_callout(session, receiver.url, username="portal", password_encrypted=encrypted)


@pytest.fixture
def failed(session, company, protected, receiver, drain) -> Delivery:
    """A delivery that was given up, by a receiver that echoes what it got."""
    session.execute(update(Callout).values(resend_after="passing"))
    session.commit()
    receiver.answers = [Answer(404, f"no such page, {PASSWORD}\x1b[31m".encode())]
    delivery_id = complete(session, make_ticket(session, company))
    drain()
    return session.get(Delivery, delivery_id)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_the_list_says_of_each_delivery_what_the_page_says(told, run, failed):
    (row,) = told("deliveries", "list")
    assert row["id"] == failed.id
    assert row["webhook_id"] == failed.uid
    assert row["state"] == "failed"
    assert row["callout"] == {"id": failed.callout_id, "name": "Acme RMM 0"}
    assert row["ticket"] == {"id": failed.ticket_id, "number": failed.ticket.number}
    assert row["attempts"] == 1
    assert row["ended_at"].endswith("Z")
    assert row["next_at"] is None
    assert row["last"]["status"] == 404
    assert row["last"]["error_kind"] == "http"
    text = run("deliveries", "list").stdout
    heading, line = text.splitlines()
    assert heading.split()[:4] == ["ID", "STATE", "CALLOUT", "TICKET"]
    assert line.split()[:2] == [str(failed.id), "failed"]
    assert "HTTP 404 Not Found from 127.0.0.1" in line


def test_an_empty_list_says_so(run, told, session):
    assert run("deliveries", "list").stdout == "There is no such delivery.\n"
    assert told("deliveries", "list") == []


def ids(rows) -> list[int]:
    return [row["id"] for row in rows]


def test_the_newest_come_first_and_no_more_than_the_limit(told, session, company, callout):
    made = [complete(session, make_ticket(session, company)) for _ in range(4)]
    assert ids(told("deliveries", "list")) == made[::-1]
    assert ids(told("deliveries", "list", "--limit", 2)) == made[:1:-1]


def test_each_filter_narrows_the_list(told, session, company, receiver, drain):
    session.commit()
    first = make_callout(session, receiver.url, name="First RMM")
    receiver.answers = [Answer(200)]
    one = complete(session, make_ticket(session, company))
    drain()
    session.execute(update(Callout).values(active=False))
    second = make_callout(session, receiver.url, name="Second RMM")
    receiver.answers = [Answer(503)]
    ticket = make_ticket(session, company)
    complete(session, ticket)
    drain()
    skipped, resending = (
        row.id for row in session.query(Delivery).filter_by(ticket_id=ticket.id).order_by("id")
    )
    for callout in ("second rmm", second.id):
        assert ids(told("deliveries", "list", "--callout", callout)) == [resending]
    assert ids(told("deliveries", "list", "--callout", first.name)) == [skipped, one]
    assert ids(told("deliveries", "list", "--state", "delivered")) == [one]
    assert ids(told("deliveries", "list", "--state", "skipped")) == [skipped]
    for state in ("waiting", "resending"):
        assert ids(told("deliveries", "list", "--state", state)) == [resending]
    for wanted in (ticket.id, ticket.number, ticket.number.lower()):
        assert ids(told("deliveries", "list", "--ticket", wanted)) == [resending, skipped]
    session.execute(update(Delivery).filter_by(id=one).values(created_at=clock.now() - timedelta(hours=3)))
    session.commit()
    assert ids(told("deliveries", "list", "--since", "2h")) == [resending, skipped]
    since = (clock.now() - timedelta(hours=4)).isoformat()
    assert ids(told("deliveries", "list", "--since", since)) == [resending, skipped, one]
    assert ids(told("deliveries", "list", "--since", since, "--state", "failed")) == []


def test_what_names_nothing_is_told_in_a_sentence(subtests, run, callout):
    for arguments, code, said in [
        (
            ["list", "--callout", "Nobody"],
            1,
            "There is no extension callout 'Nobody'. There are: Acme RMM 0.",
        ),
        (["list", "--ticket", "T20990101.0001"], 1, "There is no ticket 'T20990101.0001'"),
        (["list", "--ticket", "99999999999999"], 1, "There is no ticket '99999999999999'"),
        (["list", "--state", "lost"], 2, "'lost' is none of: waiting, sending, delivered"),
        (["list", "--since", "yesterday"], 2, "'yesterday' is no time"),
        (["list", "--since", "999999d"], 2, "'999999d' is no time"),
        (["list", "--limit", "0"], 2, "0 is not in the range"),
        (["show", "999"], 1, "There is no delivery 999."),
        (["show", "99999999999999999999"], 1, "There is no delivery 99999999999999999999."),
        (["show", "first"], 2, "'first' is not a valid integer"),
        (["retry"], 2, "Missing argument 'ID...'"),
        (["retry", "999", "99999999999999999999"], 1, "There is no delivery 999."),
        (["cancel", "999"], 1, "There is no delivery 999."),
    ]:
        with subtests.test(arguments=arguments, code=code, said=said):
            done = run("deliveries", *arguments)
            assert done.exit_code == code
            assert said in " ".join(done.stderr.split())
            assert "Traceback" not in done.output


def test_a_delivery_is_shown_with_both_sides_of_each_attempt_and_without_its_password(run, told, failed):
    found = told("deliveries", "show", failed.id)
    assert found["values"]["status"] == "Complete"
    (attempt,) = found["tries"]
    assert attempt["method"] == "POST"
    assert f"webhook-id: {failed.uid}" in attempt["request_headers"]
    assert attempt["request_body"].startswith(f"id={failed.ticket_id}&number=")
    assert attempt["answer_body"].startswith("no such page")
    text = run("deliveries", "show", failed.id).stdout
    assert f"Delivery {failed.id}\n" in text
    assert "  State:                  Failed\n" in text
    assert "Attempt 1, " in text
    assert "    no such page" in text
    assert "\x1b" not in text, "a receiver's answer could drive the terminal"
    for each in (str(found), text):
        assert PASSWORD not in each
        assert "Authorization" in each


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_retry_starts_a_new_round_and_rings(run, session, failed, receiver, drain):
    bell = services().doorbell
    bell.redis.flushall()
    done = run("deliveries", "retry", failed.id)
    assert (done.exit_code, done.stdout) == (0, f"Delivery {failed.id} is sent again.\n")
    assert bell.queue.count == 1
    receiver.answers = [Answer(200)]
    drain()
    assert (session.get(Delivery, failed.id).state, failed.attempt_count) == ("delivered", 2)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_cancel_says_who_did_it_and_the_delivery_can_be_sent_again(
    run, session, ticket, callout, monkeypatch
):
    monkeypatch.setenv("LOGNAME", "oscar")
    delivery_id = complete(session, ticket)
    done = run("deliveries", "cancel", delivery_id)
    assert (done.exit_code, done.stdout) == (0, f"Delivery {delivery_id} was cancelled.\n")
    delivery = session.get(Delivery, delivery_id)
    assert (delivery.state, delivery.reason) == ("cancelled", "Cancelled by oscar, at the command line.")
    assert run("deliveries", "retry", delivery_id).exit_code == 0


def test_of_many_ids_each_is_told_and_what_cannot_be_done_spoils_nothing(run, session, company, failed):
    waiting = complete(session, make_ticket(session, company))
    done = run("deliveries", "retry", waiting, failed.id, 999, failed.id, "--json")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert [(each["id"], each["done"]) for each in told] == [
        (waiting, False),
        (failed.id, True),
        (999, False),
    ]
    assert told[0]["text"] == f"Delivery {waiting} waits to be sent already."
    assert session.get(Delivery, failed.id).state == "waiting"
    done = run("deliveries", "cancel", failed.id, waiting, 999)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [f"Delivery {each} was cancelled." for each in (failed.id, waiting)]
    assert done.stderr == "There is no delivery 999.\n"


def test_why_nothing_could_be_done_is_said_for_each_state(run, session, failed):
    def said(command: str) -> str:
        done = run("deliveries", command, failed.id)
        assert done.exit_code == 1
        return done.stderr.strip()

    assert said("cancel") == f"Delivery {failed.id} has ended (failed), so there is nothing to cancel."
    session.execute(update(Delivery).values(state="sending"))
    assert said("retry") == said("cancel")
    assert said("retry").startswith(f"Delivery {failed.id} is being sent at this moment.")
    session.execute(update(Delivery).values(state="failed", callout_id=None))
    assert said("retry") == f"Delivery {failed.id} has nowhere to go: “Acme RMM 0” was deleted."


def test_the_list_reads_no_bodies_and_takes_three_queries(told, session, company, callout, failed):
    for _ in range(5):
        complete(session, make_ticket(session, company))
    session.commit()
    statements: list[str] = []

    def count(_connection, _cursor, statement, *_rest) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        assert len(told("deliveries", "list")) >= 6
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    selects = [each for each in statements if each.startswith("SELECT")]
    assert len(selects) == 3
    assert "answer_body" not in " ".join(selects)


def test_without_a_database_it_says_what_to_check(run, environ):
    environ["DATABASE_URL"] = "postgresql://portal:hidden@127.0.0.1:1/portal"
    done = run("deliveries", "list")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: The database can't be used (")
    assert "Check DATABASE_URL" in done.stderr
    assert "hidden" not in done.output


def test_a_database_without_tables_is_to_be_prepared_first(run, environ, tmp_path):
    environ["PORTAL_INSTANCE"] = str(tmp_path / "another")
    done = run("deliveries", "list")
    assert done.exit_code == 1
    assert "`portal prepare` was run" in done.stderr


def test_a_retry_while_redis_is_away_is_kept_for_the_sweep(run, environ, session, failed, valkey):
    valkey.stop()
    try:
        done = run("deliveries", "retry", failed.id)
    finally:
        valkey.start()
    assert (done.exit_code, done.stdout) == (0, f"Delivery {failed.id} is sent again.\n")
    assert session.get(Delivery, failed.id).state == "waiting"
    assert session.query(Attempt).count() == 1
    assert db.session.get(Delivery, failed.id).attempts_before == 1
