"""Who a user name and a password belong to, and what it costs to find out."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.db.engine import db
from portal.db.services import services
from portal.db.sessions import writing
from portal.desk import passwords, signing_in
from portal.desk.passwords import MAX_LENGTH, MIN_LENGTH, Busy, PairCache, hash_password, password_problem
from portal.desk.signing_in import Caller
from portal.models import Resource
from tests import transactions
from tests.conftest import BOTH, PASSWORD, make_resource, set_password
from tests.servers import wait_until


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
    return asked


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch) -> None:
    monkeypatch.setattr(passwords, "verified", PairCache())
    monkeypatch.setattr(passwords, "rejected", PairCache())


def check(name: str, password: str, *, remember: bool = False) -> str | None:
    db.session.commit()
    found = signing_in.check(services(), db.engine, name, password, Caller("192.0.2.1"), remember=remember)
    return found and found.name


def test_a_user_name_is_found_without_regard_to_case(subtests, ada):
    for name in ["Ada.Lovelace", "ada.lovelace", " ADA.LOVELACE "]:
        with subtests.test(name=name):
            assert check(name, PASSWORD) == "Ada Lovelace"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_nothing_but_the_right_pair_is_let_in(subtests, ada, monkeypatch):
    for limit in ("_ACCOUNT", "_PAIR", "_NETWORK"):
        monkeypatch.setattr(signing_in, limit, (1000, 1, 1))
    for name, password in [
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
    ]:
        for remember in [True, False]:
            with subtests.test(name=name, password=password, remember=remember):
                assert check(name, password, remember=remember) is None


def test_any_password_can_be_used(subtests, ada):
    for password in [
        "pässwörd",
        "日本語のパスワード",
        "a\x00b c\n12",
        "half \ud800 of one",
        "x" * MAX_LENGTH,
    ]:
        with subtests.test(password=password):
            ada.password_hash = "none"
            db.session.commit()
            ada.password_hash = hash_password(password)
            assert check("ada.lovelace", password) == "Ada Lovelace"
            assert ada.password_hash.startswith("$argon2id$")
            assert check("ada.lovelace", password[:-1]) is None


@pytest.mark.parametrize("remember", [True, False])
def test_an_inactive_resource_is_not_let_in(ada, remember):
    assert check("ada.lovelace", PASSWORD, remember=remember)
    ada.active = False
    assert check("ada.lovelace", PASSWORD, remember=remember) is None


def test_a_resource_without_a_password_is_not_let_in(ada):
    ada.password_hash = ""
    for password in ("", PASSWORD):
        assert check("ada.lovelace", password) is None


def test_a_stored_hash_that_is_none_lets_nobody_in(subtests, ada):
    for broken in ["plain", "$argon2id$v=19$broken", "$2b$12$abc"]:
        with subtests.test(broken=broken):
            ada.password_hash = broken
            assert check("ada.lovelace", broken) is None


def test_an_unknown_name_costs_a_check_too(ada, checks):
    check("nobody", PASSWORD)
    check("another", PASSWORD)
    check("ada.lovelace", "wrong")
    assert len(checks) == 3


def test_a_right_pair_is_remembered_for_the_api_and_only_there(ada, checks):
    for _ in range(3):
        assert check("ada.lovelace", PASSWORD, remember=True)
    assert len(checks) == 1
    assert check("ada.lovelace", PASSWORD)
    assert len(checks) == 2


def test_a_pair_that_is_known_to_be_wrong_is_no_work_until_it_is_right(ada, checks):
    for _ in range(3):
        assert check("ada.lovelace", "another password") is None
    assert len(checks) == 1
    set_password(ada, "another password")
    assert check("ada.lovelace", "another password")


def test_what_is_remembered_is_forgotten_after_some_minutes(ada, checks, monkeypatch):
    check("ada.lovelace", PASSWORD, remember=True)
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + 301)
    assert check("ada.lovelace", PASSWORD, remember=True)
    assert len(checks) == 2


def test_a_changed_password_is_noticed_at_once(ada):
    assert check("ada.lovelace", PASSWORD, remember=True)
    set_password(ada, "another password")
    assert check("ada.lovelace", PASSWORD, remember=True) is None
    assert check("ada.lovelace", "another password", remember=True)


def test_a_password_that_is_changed_while_it_is_checked_lets_nobody_in(ada, monkeypatch):
    def verify(stored: str, secret: bytes) -> bool:
        set_password(ada, "another password")
        db.session.commit()
        return True

    monkeypatch.setattr(passwords, "verify_password", lambda *_, **__: verify("", b""))
    assert check("ada.lovelace", PASSWORD) is None


def test_a_resources_remembered_password_opens_nobody_elses_account(session, ada):
    set_password(make_resource(session, "api", "other"), "another password")
    check("ada.lovelace", PASSWORD, remember=True)
    assert check("other", PASSWORD, remember=True) is None


def test_what_is_remembered_is_bounded_and_holds_no_password(monkeypatch):
    monkeypatch.setattr(passwords, "_REMEMBER_MOST", 3)
    for number in range(10):
        passwords.verified.add(passwords.digest("ada", "stored", f"secret {number}"))
        assert len(passwords.verified._until) <= 3
    assert all(b"secret" not in key and len(key) == 32 for key in passwords.verified._until)


@pytest.fixture
def slow(monkeypatch):
    """argon2 that ends when it is let go; gives how many run at the moment, and the most that did."""
    go_on, running, most, lock = threading.Event(), [0], [0], threading.Lock()

    class Slow:
        def verify(self, stored: str, secret: bytes) -> bool:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            assert go_on.wait(60)
            with lock:
                running[0] -= 1
            return True

    monkeypatch.setattr(passwords, "_hasher", Slow())
    yield go_on, running, most
    go_on.set()


def test_only_so_many_are_checked_at_once_and_too_many_strangers_are_sent_away(slow):
    go_on, running, most = slow
    busy = threading.Semaphore(0)

    def try_it(_number: int) -> bool | None:
        try:
            return passwords.verify_password("stored", "password")
        except Busy:
            busy.release()
            return None

    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(try_it, range(20))
        # who is sent away is so at once, and is neither right nor wrong
        for _ in range(20 - passwords._UNKNOWN_WAITING):
            assert busy.acquire(timeout=60)
        wait_until(lambda: running[0] == passwords._AT_ONCE)
        go_on.set()
        assert sorted(map(str, answers)) == ["None"] * 14 + ["True"] * 6
    assert most[0] == passwords._AT_ONCE


def test_a_try_that_was_not_made_is_not_counted(ada, monkeypatch):
    def busy(*_: object, **__: object) -> bool:
        raise Busy

    monkeypatch.setattr(passwords, "verify_password", busy)
    for number in range(20):
        with pytest.raises(Busy):
            check("ada.lovelace", f"password {number}")


def test_a_hash_inside_a_transaction_that_writes_is_noticed(app):
    with writing(db.engine):
        hash_password(PASSWORD)
    assert len(transactions.noticed) == 1
    transactions.noticed.clear()


def test_a_password_that_is_too_short_or_long_is_refused_in_words(subtests):
    for length in [0, MIN_LENGTH - 1, MAX_LENGTH + 1]:
        with subtests.test(length=length):
            said = password_problem("x" * length)
            assert said is not None
            assert "characters" in said


def test_a_password_of_fitting_length_is_taken(subtests):
    for length in [MIN_LENGTH, MAX_LENGTH]:
        with subtests.test(length=length):
            assert password_problem("x" * length) is None


def test_the_names_of_two_resources_differ_by_more_than_case(session, ada):
    with pytest.raises(IntegrityError):
        make_resource(session, "service_desk", "ADA.LOVELACE")
    session.rollback()
    assert len(session.scalars(select(Resource)).all()) == 1
