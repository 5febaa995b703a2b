"""My profile: one's own time zone and password."""

import pytest

from portal.models.people import ADMINISTRATOR, SERVICE_DESK
from tests.conftest import PASSWORD, authenticate, make_resource, sign_in
from tests.web.reading import beside, message, said, summary, tree_of

PAGE, ZONE, CHANGE = "/profile", "/profile/time-zone", "/profile/password"
NEW_PASSWORD = "another password"
GOOD = {"current": PASSWORD, "password": NEW_PASSWORD, "again": NEW_PASSWORD}


@pytest.mark.parametrize(
    ("level", "word"), [(ADMINISTRATOR, "Administrator"), (SERVICE_DESK, "Service Desk User")]
)
def test_every_level_that_signs_in_sees_who_it_is(client, session, level, word):
    who = make_resource(session, level, "ada.lovelace")
    sign_in(client, who)
    page = client.get(PAGE)
    facts = tree_of(page).xpath("//main//dl/dd")
    assert [each.text_content() for each in facts] == [
        "Ada Lovelace",
        "ada.lovelace",
        word,
        "ada@example.com",
    ]
    assert tree_of(client.get("/")).xpath('//header//a[@href="/profile"]')


def test_ones_time_zone_is_saved_and_pages_use_it(as_technician, session, technician):
    assert as_technician.post(ZONE, data={"time_zone": "Asia/Tokyo"}).location == PAGE
    page = as_technician.get(PAGE)
    assert message(page) == "Pages show times in Asia/Tokyo now."
    assert tree_of(page).xpath("//*[@id='time_zone']/option[@selected]/@value") == ["Asia/Tokyo"]
    session.refresh(technician)
    assert technician.time_zone == "Asia/Tokyo"


def test_an_unknown_zone_is_refused_beside_the_field(as_technician, session, technician, subtests):
    for zone in ["", "Mars/Olympus", "\x00", "x" * 10_000, "../../etc/passwd"]:
        with subtests.test(zone=zone):
            answer = as_technician.post(ZONE, data={"time_zone": zone})
            assert answer.status_code == 422
            assert beside(answer) == {"time_zone": "Choose a time zone from the list."}
            session.refresh(technician)
            assert technician.time_zone == "America/New_York"


def test_a_changed_password_keeps_this_session_and_ends_the_others(as_technician, app, session, technician):
    other = app.test_client()
    sign_in(other, technician)
    assert as_technician.post(CHANGE, data=GOOD).location == PAGE
    assert "You stay signed in here" in message(as_technician.get(PAGE))
    assert other.get("/").status_code == 302
    session.rollback()
    assert authenticate(session(), technician.user_name, NEW_PASSWORD)
    assert authenticate(session(), technician.user_name, PASSWORD) is None


def test_a_refused_password_is_said_beside_its_field_and_changes_nothing(
    as_technician, session, technician, subtests
):
    for changes, wrong in [
        ({"current": "wrong password"}, {"current": "This is not your current password."}),
        ({"current": ""}, {"current": "Enter your current password."}),
        ({"again": "something else"}, {"again": "The two are not the same."}),
        ({"password": "short", "again": "short"}, {"password": "Use at least 8 characters."}),
        ({"password": "x" * 10_000, "again": "x" * 10_000}, {"password": "Use at most 256 characters."}),
        ({"current": "\x00" * 10_000}, {"current": "This is not your current password."}),
    ]:
        with subtests.test(changes=changes, wrong=wrong):
            before = technician.password_hash
            answer = as_technician.post(CHANGE, data=GOOD | changes)
            assert answer.status_code == 422
            found = beside(answer)
            assert found.keys() == wrong.keys()
            assert all(found[name].startswith(sentence) for name, sentence in wrong.items())
            session.refresh(technician)
            assert technician.password_hash == before


def test_typed_passwords_are_never_shown_again(as_technician):
    answer = as_technician.post(CHANGE, data=GOOD | {"again": "other-secret-typed"})
    for typed in (PASSWORD, NEW_PASSWORD, "other-secret-typed"):
        assert typed not in answer.text


def test_whoever_holds_a_session_can_not_find_the_password_by_trying(
    as_technician, session, technician, hours_of_waiting
):
    guesses = [as_technician.post(CHANGE, data=GOOD | {"current": "a guess"}) for _ in range(20)]
    assert [each.status_code for each in guesses[:6]] == [422] * 5 + [429]
    answer = as_technician.post(CHANGE, data=GOOD)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 1
    assert "too many wrong attempts" in said(answer)
    assert summary(answer) == ""
    session.rollback()
    assert authenticate(session(), technician.user_name, NEW_PASSWORD) is None


def test_a_stranger_is_sent_to_sign_in(client):
    assert "/sign-in" in client.get(PAGE).location
    assert "/sign-in" in client.post(CHANGE, data=GOOD).location
