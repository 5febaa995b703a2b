"""What arrives at the receiver of a callout with a signing secret, and what is kept of it."""

import base64
import json

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet
from sqlalchemy import select

from portal.cli import portal
from portal.db.encryption import Credentials
from portal.db.services import services
from portal.models import Attempt, Callout, Delivery
from tests.conftest import BOTH
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change
from tests.delivery.test_signing import by_hand
from tests.receiver import Answer, Got

OLD, NEW = (f"whsec_{base64.b64encode(each * 16).decode()}" for each in (b"\xfb\xff", b"ab"))
FORMATS = {
    "name_value": {},
    "soap": {"method_name": "M", "soap_action": "urn:M"},
    "xml_rpc": {"method_name": "m"},
}


def signed_by(session, url, *secrets, **values) -> Callout:
    """Make a callout that signs with one secret, or two, the newest first."""
    tokens = [services().credentials.encrypt(each) for each in secrets] + [None]
    return make_callout(
        session,
        url,
        signing_secret_encrypted=tokens[0],
        signing_secret_old_encrypted=tokens[1],
        **values,
    )


def as_received(secret: str, got: Got) -> str:
    """Compute the signature as a receiver does: from the headers and the body that arrived."""
    return by_hand(secret, got.headers["webhook-id"], got.headers["webhook-timestamp"], got.body)


@pytest.mark.parametrize("data_format", FORMATS)
def test_the_receiver_finds_its_own_signature_over_what_arrived(
    session, ticket, receiver, drain, data_format
):
    signed_by(session, receiver.url, NEW, data_format=data_format, **FORMATS[data_format])
    change(session, ticket, 5)
    drain()
    (got,) = receiver.got
    assert got.body
    assert got.headers["webhook-signature"] == as_received(NEW, got)


def test_a_get_signs_an_empty_body(session, ticket, receiver, drain):
    signed_by(session, receiver.url, NEW, transport="GET")
    change(session, ticket, 5)
    drain()
    (got,) = receiver.got
    assert got.body == b""
    assert "status=Complete" in got.path
    assert got.headers["webhook-signature"] == as_received(NEW, got)


def test_each_resend_is_signed_anew(session, ticket, receiver, drain, moved_clock):
    receiver.answers = [Answer(503), Answer()]
    signed_by(session, receiver.url, NEW)
    change(session, ticket, 5)
    drain()
    moved_clock.forward(61)
    drain()
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    for each in (first, second):
        assert each.headers["webhook-signature"] == as_received(NEW, each)


def test_while_secrets_are_changed_both_sign(session, ticket, receiver, drain):
    signed_by(session, receiver.url, NEW, OLD)
    change(session, ticket, 5)
    drain()
    (got,) = receiver.got
    assert got.headers["webhook-signature"] == f"{as_received(NEW, got)} {as_received(OLD, got)}"


def test_without_a_secret_nothing_is_signed(session, ticket, receiver, drain):
    make_callout(session, receiver.url)
    change(session, ticket, 5)
    drain()
    assert "webhook-signature" not in receiver.got[0].headers


def test_a_password_and_a_secret_go_together(session, ticket, receiver, drain):
    password = services().credentials.encrypt("p4ss-w0rd")
    signed_by(session, receiver.url, NEW, username="rmm", password_encrypted=password)
    change(session, ticket, 5)
    drain()
    (got,) = receiver.got
    assert got.headers["Authorization"] == "Basic " + base64.b64encode(b"rmm:p4ss-w0rd").decode()
    assert got.headers["webhook-signature"] == as_received(NEW, got)


@pytest.mark.parametrize(
    "shown", [OLD, OLD.removeprefix("whsec_"), OLD.rstrip("="), json.dumps({"key": OLD})]
)
def test_the_signature_is_recorded_and_a_secret_that_a_receiver_shows_is_not(
    session, ticket, receiver, drain, shown
):
    receiver.answers = [Answer(401, f"expected {shown}".encode(), {"X-Secret": shown})]
    signed_by(session, receiver.url, NEW, OLD)
    change(session, ticket, 5)
    drain()
    attempt = session.scalars(select(Attempt)).one()
    assert f"webhook-signature: {receiver.got[0].headers['webhook-signature']}" in attempt.request_headers
    for kept in (
        attempt.request_headers,
        attempt.answer_headers,
        attempt.error,
        attempt.answer_body.decode(),
    ):
        assert OLD.removeprefix("whsec_").rstrip("=") not in kept
        assert NEW.removeprefix("whsec_").rstrip("=") not in kept
    assert "•••" in attempt.answer_headers


@pytest.mark.parametrize("unreadable", ["signing_secret_encrypted", "signing_secret_old_encrypted"])
def test_a_secret_that_no_key_opens_stops_the_request_and_says_what_to_do(
    session, ticket, receiver, drain, unreadable
):
    callout = signed_by(session, receiver.url, NEW, OLD)
    setattr(callout, unreadable, Credentials((Fernet.generate_key().decode(),)).encrypt(NEW))
    session.commit()
    change(session, ticket, 5)
    drain()
    assert receiver.got == []
    delivery = session.scalars(select(Delivery)).one()
    assert delivery.state == "failed"
    assert "A stored signing secret can't be read" in delivery.attempts[0].error


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_rotating_the_keys_carries_the_secrets_over(app, session, environ, monkeypatch):
    old, new, lost = (Fernet.generate_key().decode() for _ in range(3))
    make_callout(
        session,
        "http://a.example",
        name="Acme",
        password_encrypted=Credentials((old,)).encrypt("one"),
        signing_secret_encrypted=Credentials((old,)).encrypt(NEW),
        signing_secret_old_encrypted=Credentials((old,)).encrypt(OLD),
    )
    make_callout(
        session,
        "http://b.example",
        name="Lost",
        signing_secret_encrypted=Credentials((old,)).encrypt(NEW),
        signing_secret_old_encrypted=Credentials((lost,)).encrypt(OLD),
    )
    for name, value in (environ | {"PORTAL_CREDENTIAL_KEYS": f"{new},{old}"}).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(portal, ["rotate-credentials"])
    assert done.exit_code == 1
    assert "encrypted again with the first key: 4." in done.output
    assert "Lost" in done.output
    session.expire_all()
    acme = session.scalars(select(Callout).filter_by(name="Acme")).one()
    opened = Credentials((new,)).decrypt
    assert opened(acme.password_encrypted) == "one"
    assert opened(acme.signing_secret_encrypted) == NEW
    assert opened(acme.signing_secret_old_encrypted) == OLD
