"""One line of the log a request, with ids and without anything that somebody typed."""

import json

import pytest
from flask import Flask

from portal.logs import configure_logging
from portal.models import Delivery
from tests.conftest import PASSWORD, make_resource, sign_in
from tests.web.delivering import complete


@pytest.fixture
def lines(app: Flask, capsys: pytest.CaptureFixture[str]):
    """Give what was logged since one last looked, as whoever gathers JSON lines reads it."""
    configure_logging("json")

    def read(event: str = "") -> list[dict]:
        found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        return [each for each in found if not event or each["event"] == event]

    return read


def test_a_request_is_one_line_with_its_path_and_not_its_query(lines, client, technician):
    sign_in(client, technician)
    lines()
    client.get("/tickets?q=what+a+customer+typed")
    (line,) = lines()
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/tickets", 200)
    assert line["by"] == technician.id
    assert line["address"] == "127.0.0.1"
    assert isinstance(line["ms"], int)
    assert "customer" not in str(line)


def test_the_request_id_of_a_proxy_is_kept_and_goes_back(lines, client):
    answer = client.get("/sign-in", headers={"X-Request-ID": "edge-1.a_B"})
    assert answer.headers["X-Request-ID"] == "edge-1.a_B"
    assert lines()[-1]["request"] == "edge-1.a_B"


def test_any_other_gets_one_of_its_own(lines, client):
    odd = ["", "x" * 65, "a b", "a;b", "naïve"]
    answers = [client.get("/sign-in", headers={"X-Request-ID": each}) for each in odd]
    made = [each.headers["X-Request-ID"] for each in answers]
    assert len(set(made) - set(odd)) == len(odd), made
    assert [each["request"] for each in lines()] == made


def test_every_line_of_a_request_bears_its_id_and_names_what_it_is_about(
    lines, as_technician, session, ticket, callout
):
    delivery = session.get(Delivery, complete(session, ticket))
    (made,) = lines("delivery_enqueued")
    assert (made["delivery"], made["callout"], made["ticket"]) == (delivery.id, callout.id, ticket.id)
    answer = as_technician.post(f"/deliveries/{delivery.id}/cancel")
    told, request = lines()
    assert told["event"] == "delivery_cancelled"
    assert (told["delivery"], told["callout"], told["ticket"]) == (delivery.id, callout.id, ticket.id)
    assert told["request"] == request["request"] == answer.headers["X-Request-ID"]
    assert request["path"] == f"/deliveries/{delivery.id}/cancel"


def test_the_next_request_has_nothing_of_the_last(lines, client, app, technician):
    sign_in(client, technician)
    client.get("/")
    app.test_client().get("/sign-in")
    mine, strangers = lines("request")[-2:]
    assert mine["by"] == technician.id
    assert "by" not in strangers


def test_a_path_cannot_write_lines_of_its_own(lines, client):
    client.get("/no%0A%7B%22event%22%3A%20%22forged%22%7D")
    (line,) = lines()
    assert line["event"] == "request"
    assert line["path"].startswith("/no%0A%7B")


def test_what_probes_and_browsers_ask_for_all_the_time_is_not_logged(lines, client, app):
    for path in ("/healthz", "/metrics", "/static/portal.css"):
        assert client.get(path, buffered=True).status_code == 200
    assert lines("request") == []
    client.get("/static/nothing.css")
    assert [each["status"] for each in lines("request")] == [404]


def test_a_failure_is_told_once_with_its_traceback_and_without_the_values(lines, app: Flask, technician):
    app.config["TESTING"] = app.config["PROPAGATE_EXCEPTIONS"] = False
    secret = "a secret that no line holds"

    def break_down() -> str:
        local = secret
        raise RuntimeError(f"it broke with {len(local)}")

    app.view_functions["home.index"] = break_down
    client = app.test_client()
    sign_in(client, technician)
    lines()
    answer = client.get("/")
    assert answer.status_code == 500
    failed, request = lines()
    assert failed["event"] == "request_failed"
    assert "RuntimeError: it broke with 27" in failed["exception"]
    assert (request["event"], request["status"], request["level"]) == ("request", 500, "error")
    assert failed["request"] == request["request"] == answer.headers["X-Request-ID"]
    assert secret not in str(failed)


def test_a_failed_statement_does_not_log_what_it_was_given(lines, app: Flask, session):
    from sqlalchemy import text
    from sqlalchemy.exc import OperationalError

    with pytest.raises(OperationalError) as failed:
        session.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "a customer's text"})
    assert "customer" not in str(failed.value)


def test_signing_in_is_told_and_what_was_typed_is_not(lines, client, session):
    who = make_resource(session, "administrator", user_name="ada.lovelace")
    client.post("/sign-in", data={"user_name": "my password is tulip", "password": "tulip"})
    sign_in(client, who)
    found = lines()
    assert [each["event"] for each in found] == ["sign_in_failed", "request", "signed_in", "request"]
    assert found[2]["by"] == who.id
    for typed in ("tulip", PASSWORD, "ada.lovelace"):
        assert typed not in str(found)
