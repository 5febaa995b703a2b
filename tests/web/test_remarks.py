"""Remarks: what is odd about an answer that counts is kept, and shown, found and exported wherever its attempt is."""

import gzip
import json

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from portal.cli import portal
from portal.db.services import services
from portal.http.remarks import LABELS
from portal.models import Attempt, AttemptRemark, CalloutRecipient, Delivery, Message
from tests.conftest import BOTH, make_resource, make_ticket
from tests.delivery.conftest import make_callout
from tests.formats.test_answers import HARD_TO_READ, RESPONSE, SAMPLES
from tests.receiver import Answer
from tests.web.delivering import XML, complete, state_of
from tests.web.reading import rows, said

SECRET = "open sesame 4711"
NAMESPACE = "The answer's namespace is another than the one sent."
SOAP = {"data_format": "soap", "method_name": "Do", "soap_action": "urn:x/Do"}


@pytest.fixture
def remarked(session, company, receiver, drain) -> Delivery:
    """A delivery that arrived, at a receiver whose namespace is another one, with the callout's password in it."""
    encrypted = services().credentials.encrypt(SECRET)
    callout = make_callout(session, receiver.url, username="rmm", password_encrypted=encrypted, **SOAP)
    resource = make_resource(session, "service_desk")
    session.add(CalloutRecipient(callout_id=callout.id, resource_id=resource.id, slot=1))
    session.commit()
    receiver.answers = [Answer(200, RESPONSE.replace("urn:x/", f"urn:{SECRET}").encode(), XML)]
    delivery_id = complete(session, make_ticket(session, company))
    drain()
    return session.get(Delivery, delivery_id)


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_remark_is_told_on_the_attempt_the_delivery_the_ticket_the_lists_and_in_the_mail(
    as_admin, session, remarked
):
    assert remarked.state == "delivered"
    (remark,) = session.scalars(select(AttemptRemark))
    assert remark.code == "body.other-namespace"
    told = f"{NAMESPACE} The answer's is “urn:•••”, and “urn:x/” was sent."
    assert remark.text.startswith(told)
    page = said(as_admin.get(f"/deliveries/{remarked.id}"))
    assert f"The receiver accepted it on attempt 1. {NAMESPACE}" in page
    assert f"HTTP 200 OK: delivered. {told}" in page
    assert f"HTTP 200 OK: delivered. {told}" in said(as_admin.get(f"/tickets/{remarked.ticket_id}"))
    assert rows(as_admin.get("/deliveries"))[0][3].startswith(f"Delivered Remark{NAMESPACE}")
    assert f"Remark:   {told}" in session.scalars(select(Message.body)).one()


def shown(client, query: str) -> list[int]:
    return [int(row[0]) for row in rows(client.get(f"/deliveries{query}"))]


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_deliveries_are_found_by_a_remark(as_admin, session, company, receiver, drain, remarked):
    receiver.answers = [Answer(200, b"<!doctype html><p>Sign in", {"Content-Type": "text/html"})]
    page = complete(session, make_ticket(session, company))
    drain()
    receiver.answers = [Answer(200, RESPONSE.encode(), XML)]
    complete(session, make_ticket(session, company))
    drain()
    assert shown(as_admin, "?error=remark") == [page, remarked.id]
    assert shown(as_admin, "?error=remark:body.html-page") == [page]
    assert shown(as_admin, "?error=remark:body.html-page&ticket=no+such&period=day") == []
    assert shown(as_admin, "?error=remark:body.other-namespace&period=day&state=delivered") == [remarked.id]
    assert shown(as_admin, "?error=remark:body.other-namespace&state=failed") == []
    counted = said(as_admin.get("/admin/bulk/new?state=delivered&error=remark:body.html-page"))
    assert "with “HTML page as the answer”" in counted


def test_remarks_are_exported_and_found_on_the_command_line(session, environ, remarked):
    def run(*arguments: object) -> str:
        session.commit()
        done = CliRunner().invoke(portal, ["deliveries", *map(str, arguments)], env=environ)
        assert done.exit_code == 0, done.output
        return done.stdout

    delivery_id = remarked.id
    (row,) = json.loads(run("list", "--remark", "body.other-namespace", "--json"))
    (remark,) = row["last"]["remarks"]
    assert remark["code"] == "body.other-namespace"
    assert remark["text"].startswith(NAMESPACE)
    assert json.loads(run("show", delivery_id, "--json"))["tries"][0]["remarks"] == [remark]
    assert f"Remark (body.other-namespace): {NAMESPACE}" in run("show", delivery_id)
    assert "HTTP 200 OK: The answer's namespace is another" in run("list", "--remark", "any")
    assert json.loads(run("list", "--remark", "body.html-page", "--json")) == []
    refused = CliRunner().invoke(portal, ["deliveries", "list", "--remark", "nonsense"], env=environ)
    assert f"'nonsense' is none of: any, {', '.join(LABELS)}." in refused.output


@pytest.mark.parametrize("name", SAMPLES)
def test_a_fault_that_is_hard_to_read_is_sent_again_though_it_comes_as_200(
    session, company, receiver, drain, name
):
    make_callout(session, receiver.url, **SOAP | {"data_format": name})
    text, written, _ = HARD_TO_READ["Latin-1 without a charset"]
    body = gzip.compress(written(SAMPLES[name].replace("No such alert", text)))
    receiver.answers = [Answer(200, body, {"Content-Type": "text/xml", "Content-Encoding": "gzip"})]
    delivery_id = complete(session, make_ticket(session, company))
    drain()
    assert state_of(session, delivery_id) == "waiting"
    attempt = session.scalars(select(Attempt)).one()
    assert attempt.error_kind == "fault"
    assert "the receiver answered with a fault: Prüfung" in attempt.error
    assert session.scalar(select(func.count()).select_from(AttemptRemark)) == 0
