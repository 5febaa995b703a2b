"""Sessions: what ends them, what renews them, and where they are shown."""

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

import portal.web
from portal.clock import now
from portal.desk import passwords, resources, sessions
from portal.models import Resource, WebSession
from portal.models.people import ADMINISTRATOR, API_USER, SERVICE_DESK
from tests.api.raw import ANY, basic, post
from tests.conftest import PASSWORD, make_resource, make_ticket, set_password, sign_in
from tests.servers import wait_until
from tests.storage import locked, read_only
from tests.web.reading import message, tree_of

WEB = Path(portal.web.__file__).parent


def is_in(client: FlaskClient) -> bool:
    return client.get("/").status_code == 200


def copy_of(app, client: FlaskClient) -> FlaskClient:
    """Somebody who has read this browser's cookies."""
    other = app.test_client()
    other.set_cookie("roundtrip", client.get_cookie("roundtrip").value)
    return other


def rows(session) -> list[WebSession]:
    session.commit()
    found = list(session.scalars(select(WebSession).order_by(WebSession.id)))
    for each in found:
        session.expunge(each)  # so that looking at them begins no transaction
    session.commit()
    return found


def age(session, **columns: timedelta) -> None:
    session.execute(update(WebSession).values({name: now() - by for name, by in columns.items()}))
    session.commit()


def test_a_copied_cookie_ends_with_the_sign_out_and_others_go_on(app, client, technician):
    sign_in(client, technician)
    other = app.test_client()
    sign_in(other, technician)
    thief = copy_of(app, client)
    assert is_in(thief)
    client.post("/sign-out")
    assert not is_in(client)
    assert not is_in(thief)
    assert is_in(other)


def inactivate(session, who: Resource) -> None:
    resources.set_resource_active(session(), who.id, active=False, by=0)
    session.commit()
    resources.set_resource_active(session(), who.id, active=True, by=0)


def another_level_and_back(session, who: Resource) -> None:
    for level in (API_USER, SERVICE_DESK):
        who.security_level = level
        session.commit()


CHANGES = {
    "inactivated and activated again": inactivate,
    "another level and back": another_level_and_back,
    "more rights": lambda _session, who: setattr(who, "security_level", ADMINISTRATOR),
    "a new password": lambda _session, who: set_password(who, PASSWORD),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_session_ends_with_what_it_rests_on_and_never_comes_back(app, client, session, technician, change):
    other = make_resource(session, SERVICE_DESK)
    sign_in(client, technician)
    bystander = app.test_client()
    sign_in(bystander, other)
    CHANGES[change](session, technician)
    session.commit()
    assert not is_in(client)
    assert is_in(bystander)


def test_what_a_session_does_not_rest_on_keeps_it(client, session, technician):
    sign_in(client, technician)
    technician.first_name, technician.active, technician.security_level = "Tom", True, SERVICE_DESK
    session.commit()
    assert is_in(client)


def test_a_cookie_from_before_sessions_had_rows_is_none(client, technician, subtests):
    for value in ["1", "1:0123456789abcdef0123456789abcdef", "", "\ud800"]:
        with subtests.test(value=value):
            with client.session_transaction() as held:
                held["_user_id"] = value
            assert not is_in(client)


def test_the_cookie_and_the_row_hold_nothing_that_the_other_could_be_made_of(client, session, technician):
    sign_in(client, technician)
    (row,) = rows(session)
    with client.session_transaction() as held:
        token = held["_user_id"]
        assert held.keys() <= {"_user_id", "_fresh", "_id", "_permanent", "csrf_token", "_flashes"}
    assert len(token) >= 43
    assert token not in row.token_hash
    assert row.token_hash == sessions._hash(token)


def test_a_session_ends_without_use_and_after_a_day_in_any_case(client, session, technician):
    for times in (
        {"last_seen_at": timedelta(hours=8, seconds=1)},
        {"created_at": timedelta(hours=24, seconds=1)},
    ):
        sign_in(client, technician)
        age(session, **times)
        assert not is_in(client), times
    # and is forgotten with the next sign-in, whoever signs in
    sign_in(client, make_resource(session, SERVICE_DESK))
    assert len(rows(session)) == 1


def test_a_request_by_hand_renews_a_session_once_a_minute_and_a_polled_part_never(
    client, session, technician, company
):
    path = f"/tickets/{make_ticket(session, company).id}"
    sign_in(client, technician)
    age(session, last_seen_at=timedelta(hours=7))
    for part in ("callouts", "activity"):
        assert client.get(f"{path}/{part}").status_code == 200
    (row,) = rows(session)
    assert now() - row.last_seen_at > timedelta(hours=6)
    client.get(path)
    (row,) = rows(session)
    renewed = row.last_seen_at
    assert now() - renewed < timedelta(minutes=30)
    client.get(path)
    (row,) = rows(session)
    assert row.last_seen_at == renewed


def test_pages_ask_for_nothing_by_themselves_but_what_is_polled():
    """tests/web/test_conventions.py compares what is polled with POLLED_ENDPOINTS."""
    scripts = "".join(path.read_text() for path in (WEB / "static").glob("*.js"))
    assert re.findall(r"fetch\(([^,)]*)", scripts) == ["place.dataset.poll"]
    pages = scripts + "".join(path.read_text() for path in (WEB / "templates").rglob("*.html"))
    assert not re.search(
        r"XMLHttpRequest|EventSource|WebSocket|sendBeacon|http-equiv=.?refresh", pages, re.IGNORECASE
    )


def test_a_page_that_only_reads_waits_for_nobody_to_renew_its_session(app, client, session, technician):
    sign_in(client, technician)
    for trouble in (locked(app), read_only()):
        age(session, last_seen_at=timedelta(hours=1))
        with trouble:
            assert is_in(client)


def test_ones_sessions_are_listed_and_ended(app, client, session, technician):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.environ_base["HTTP_USER_AGENT"] = agent
    others = [app.test_client() for _ in range(3)]
    for each in (client, *others):
        sign_in(each, technician)
    page = client.get("/profile")
    listed = [
        " ".join(each.text_content().split()) for each in tree_of(page).xpath("//ul[@class='sign-ins']/li")
    ]
    assert len(listed) == 4
    (mine,) = [each for each in listed if "This session" in each]
    assert mine.startswith("Firefox on Linux")
    assert "127.0.0.1" in mine
    first = rows(session)[1]
    assert client.post(f"/profile/sessions/{first.id}/end").location == "/profile"
    assert [is_in(each) for each in (client, *others)] == [True, False, True, True]
    client.post("/profile/sessions/end")
    assert "signed in here only" in message(client.get("/profile"))
    assert [is_in(each) for each in (client, *others)] == [True, False, False, False]


def test_nobody_ends_anothers_session(app, client, session, technician, admin):
    sign_in(client, technician)
    other = app.test_client()
    sign_in(other, admin)
    assert client.post(f"/profile/sessions/{rows(session)[1].id}/end").status_code == 404
    client.post("/profile/sessions/end")
    assert is_in(other)


def test_of_one_resource_so_many_sessions_are_kept(client, session, technician, monkeypatch):
    monkeypatch.setattr(sessions, "MOST", 3)
    for _ in range(5):
        client.delete_cookie("roundtrip")
        sign_in(client, technician)
    assert len(rows(session)) == 3
    assert is_in(client)


@pytest.fixture
def held(monkeypatch):
    """argon2 that goes on when it is let; gives that and how many began."""
    go_on, begun, real = threading.Event(), threading.Semaphore(0), passwords._hasher

    class Held:
        def verify(self, stored: str, secret: bytes) -> bool:
            begun.release()
            assert go_on.wait(60)
            return real.verify(stored, secret)

        def hash(self, secret: bytes) -> str:
            begun.release()
            assert go_on.wait(60)
            return real.hash(secret)

    passwords.dummy_hash()
    yield go_on, begun, lambda: monkeypatch.setattr(passwords, "_hasher", Held())
    go_on.set()


@pytest.mark.parametrize("what", ["sign-in", "web services", "own password", "another's password"])
def test_a_note_is_saved_while_passwords_are_checked_and_hashed(
    app, session, company, admin, api_user, held, what
):
    path = f"/tickets/{make_ticket(session, company).id}"
    writer, other = app.test_client(), app.test_client()
    for client in (writer, other):
        sign_in(client, admin)
    headers = basic(api_user, "wrong")
    person = {"first_name": "Tess", "last_name": "T", "user_name": "tess", "time_zone": "UTC"}
    new = {"password": "another password", "again": "another password"}
    ways = {
        "sign-in": lambda: app.test_client().post("/sign-in", data={"user_name": "x", "password": "wrong"}),
        "web services": lambda: post(app.test_client(), ANY, headers),
        "own password": lambda: other.post("/profile/password", data={"current": PASSWORD} | new),
        "another's password": lambda: other.post(
            "/admin/resources/new", data=person | new | {"security_level": SERVICE_DESK}
        ),
    }
    session.commit()
    go_on, begun, hold = held
    hold()
    answers = []
    stranger = threading.Thread(target=lambda: answers.append(ways[what]()))
    stranger.start()
    assert begun.acquire(timeout=60)
    note = {"title": "Seen", "description": "Seen", "publish": 1}
    assert writer.post(f"{path}/notes", data=note).status_code == 302
    assert not answers
    session.commit()
    go_on.set()
    stranger.join(60)
    wait_until(lambda: answers)
    assert answers[0].status_code == {"sign-in": 422, "web services": 401}.get(what, 302)
