"""Callouts' passwords at rest: encrypted, and carried over to a new key."""

from click.testing import CliRunner
from cryptography.fernet import Fernet

from portal.cli import portal
from portal.db.encryption import Credentials
from portal.db.engine import db
from portal.models import Callout
from tests.delivery.conftest import make_callout

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))
PASSWORD = "pässword \ud800"


def test_a_password_is_read_back_and_does_not_stand_in_its_token():
    token = Credentials((NEW,)).encrypt(PASSWORD)
    assert "ssword" not in token
    assert Credentials((NEW,)).decrypt(token) == PASSWORD


def test_an_older_key_still_opens_and_a_missing_one_does_not():
    token = Credentials((OLD,)).encrypt(PASSWORD)
    assert Credentials((NEW, OLD)).decrypt(token) == PASSWORD
    assert Credentials((NEW,)).decrypt(token) is None
    assert Credentials((NEW,)).decrypt("no token") is None


def test_rotating_lets_the_old_key_go_and_names_what_no_key_opens(session, environ, monkeypatch):
    make_callout(
        session, "http://a.example", name="Acme", password_encrypted=Credentials((OLD,)).encrypt("one")
    )
    make_callout(
        session, "http://b.example", name="Lost", password_encrypted=Credentials((LOST,)).encrypt("two")
    )
    make_callout(session, "http://c.example", name="None")
    for name, value in (environ | {"PORTAL_CREDENTIAL_KEYS": f"{NEW},{OLD}"}).items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(portal, ["rotate-credentials"])
    assert done.exit_code == 1
    assert "encrypted again with the first key: 1." in done.output
    assert "Lost" in done.output
    assert "Acme" not in done.output
    session.expire_all()
    tokens = {each.name: each.password_encrypted for each in session.query(Callout)}
    db.session.rollback()
    assert Credentials((NEW,)).decrypt(tokens["Acme"]) == "one"
    assert Credentials((LOST,)).decrypt(tokens["Lost"]) == "two"
    assert tokens["None"] is None
