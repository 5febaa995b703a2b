"""Who a user name and a password belong to."""

import time

import pytest
from sqlalchemy import select

from portal.desk import passwords
from portal.desk.passwords import MAX_LENGTH, MIN_LENGTH, authenticate, password_problem, set_password
from portal.models import Resource
from tests.conftest import BOTH, PASSWORD, make_resource


@pytest.fixture
def ada(session) -> Resource:
    return make_resource(session, "service_desk", "Ada.Lovelace")


@pytest.fixture
def checks(monkeypatch) -> list[str]:
    """The hashes that argon2 was really asked about."""
    asked: list[str] = []
    real = passwords._hasher

    class Counting:
        def verify(self, stored: str, secret: bytes) -> bool:
            asked.append(stored)
            return real.verify(stored, secret)

        hash = real.hash

    monkeypatch.setattr(passwords, "_hasher", Counting())
    monkeypatch.setattr(passwords, "_remembered", {})
    return asked


def test_a_password_is_kept_as_argon2_and_never_twice_the_same(session, ada):
    first = ada.password_hash
    set_password(ada, PASSWORD)
    assert first.startswith("$argon2id$")
    assert PASSWORD not in first
    assert first != ada.password_hash


def test_a_new_password_ends_the_older_sessions(session, ada):
    before = ada.get_id()
    set_password(ada, PASSWORD)
    assert ada.get_id() != before


@pytest.mark.parametrize("name", ["Ada.Lovelace", "ada.lovelace", " ADA.LOVELACE "])
def test_a_user_name_is_found_without_regard_to_case(session, ada, name):
    assert authenticate(session(), name, PASSWORD) == ada


@pytest.mark.parametrize("app", BOTH, indirect=True)
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ada.lovelace", "wrong"),
        ("ada.lovelace", ""),
        ("ada.lovelace", PASSWORD.upper()),
        ("ada.lovelace", f"{PASSWORD} "),
        ("ada.lovelace", "x" * (MAX_LENGTH + 1)),
        ("ada.lovelace", "\x00"),
        ("ada.lovelace", "\ud800"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("ada\x00.lovelace", PASSWORD),
        ("ada\ud800", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("%", PASSWORD),
        ("x" * 100_000, PASSWORD),
    ],
    ids=lambda text: ascii(text)[:30],
)
@pytest.mark.parametrize("remember", [True, False])
def test_nothing_but_the_right_pair_is_let_in(session, ada, name, password, remember):
    assert authenticate(session(), name, password, remember=remember) is None


@pytest.mark.parametrize(
    "password", ["pässwörd", "日本語のパスワード", "a\x00b c\n12", "half \ud800 of one", "x" * MAX_LENGTH]
)
def test_any_password_can_be_used(session, ada, password):
    set_password(ada, password)
    session.commit()
    assert authenticate(session(), "ada.lovelace", password) == ada
    assert authenticate(session(), "ada.lovelace", password[:-1]) is None


@pytest.mark.parametrize("remember", [True, False])
def test_an_inactive_resource_is_not_let_in(session, ada, remember):
    assert authenticate(session(), "ada.lovelace", PASSWORD, remember=remember) == ada
    ada.active = False
    session.commit()
    assert authenticate(session(), "ada.lovelace", PASSWORD, remember=remember) is None


def test_a_resource_without_a_password_is_not_let_in(session, ada):
    ada.password_hash = ""
    session.commit()
    for password in ("", PASSWORD):
        assert authenticate(session(), "ada.lovelace", password) is None


@pytest.mark.parametrize("broken", ["plain", "$argon2id$v=19$broken", "$2b$12$abc"])
def test_a_stored_hash_that_is_none_lets_nobody_in(session, ada, broken):
    ada.password_hash = broken
    session.commit()
    assert authenticate(session(), "ada.lovelace", broken) is None


def test_an_unknown_name_costs_a_check_too(session, ada, checks):
    authenticate(session(), "nobody", PASSWORD)
    authenticate(session(), "ada.lovelace", "wrong")
    assert len(checks) == 2


def test_a_right_pair_is_remembered_for_the_api_and_only_there(session, ada, checks):
    for _ in range(3):
        assert authenticate(session(), "ada.lovelace", PASSWORD, remember=True) == ada
    assert len(checks) == 1
    authenticate(session(), "ada.lovelace", PASSWORD)
    assert len(checks) == 2


def test_a_wrong_pair_is_never_remembered(session, ada, checks):
    for _ in range(2):
        assert authenticate(session(), "ada.lovelace", "wrong", remember=True) is None
    assert len(checks) == 2


def test_what_is_remembered_is_forgotten_after_some_minutes(session, ada, checks, monkeypatch):
    authenticate(session(), "ada.lovelace", PASSWORD, remember=True)
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 301)
    assert authenticate(session(), "ada.lovelace", PASSWORD, remember=True) == ada
    assert len(checks) == 2


def test_a_changed_password_is_noticed_at_once(session, ada, checks):
    assert authenticate(session(), "ada.lovelace", PASSWORD, remember=True) == ada
    set_password(ada, "another password")
    session.commit()
    assert authenticate(session(), "ada.lovelace", PASSWORD, remember=True) is None
    assert authenticate(session(), "ada.lovelace", "another password", remember=True) == ada


def test_a_resources_remembered_password_opens_nobody_elses_account(session, ada, checks):
    other = make_resource(session, "api", "other")
    set_password(other, "another password")
    session.commit()
    authenticate(session(), "ada.lovelace", PASSWORD, remember=True)
    assert authenticate(session(), "other", PASSWORD, remember=True) is None


def test_what_is_remembered_is_bounded_and_holds_no_password(session, ada, checks, monkeypatch):
    monkeypatch.setattr(passwords, "_REMEMBER_MOST", 3)
    for number in range(10):
        passwords._remember("stored", f"secret {number}".encode())
        assert len(passwords._remembered) <= 3
    assert all(b"secret" not in key and len(key) == 32 for key in passwords._remembered)


@pytest.mark.parametrize("length", [0, MIN_LENGTH - 1, MAX_LENGTH + 1])
def test_a_password_that_is_too_short_or_long_is_refused_in_words(length):
    said = password_problem("x" * length)
    assert said is not None
    assert "characters" in said


@pytest.mark.parametrize("length", [MIN_LENGTH, MAX_LENGTH])
def test_a_password_of_fitting_length_is_taken(length):
    assert password_problem("x" * length) is None


def test_the_names_of_two_resources_differ_by_more_than_case(session, ada):
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError):
        make_resource(session, "service_desk", "ADA.LOVELACE")
    session.rollback()
    assert len(session.scalars(select(Resource)).all()) == 1
