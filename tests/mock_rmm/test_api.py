"""The JSON API refuses bad input in clear words, and strangers altogether."""

import itertools
from collections.abc import Iterator

import pytest

from mock_rmm.settings import Settings
from tests.mock_rmm.running import BASIC, CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS

TOKEN = "a-long-token-for-the-tests"


@pytest.fixture
def guarded() -> Iterator[Mock]:
    with running_mock(Settings(host="0.0.0.0", admin_token=TOKEN)) as mock:
        yield mock


def test_a_wrong_alert_is_refused_field_by_field(mock: Mock, subtests: pytest.Subtests):
    for wanted, fields in [
        ({}, {"device", "message", "door"}),
        ({"device": " ", "message": "b", "door": "soap"}, {"device"}),
        ({"device": "a", "message": 5, "door": "soap"}, {"message"}),
        ({"device": "a" * 101, "message": "b" * 1001, "door": "soap"}, {"device", "message"}),
        ({"device": "a\x00", "message": "b\nc", "door": "soap"}, {"device", "message"}),
        ({"device": "a", "message": "b", "door": "*"}, {"door"}),
        ({"device": "a", "message": "b", "door": ["soap"]}, {"door"}),
        ({"device": "a", "message": "b", "door": "soap", "colour": "red"}, {"colour"}),
    ]:
        with subtests.test(wanted=wanted, fields=fields):
            mock.reset()
            answer = mock.api("POST", "/alerts", json=wanted)
            assert answer.status_code == 400
            assert set(answer.json()["fields"]) == fields


def test_what_is_no_json_object_is_refused(mock: Mock, subtests: pytest.Subtests):
    routes = itertools.cycle([("POST", "/alerts"), ("PUT", "/faults"), ("PUT", "/credentials")])
    bodies = [
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ("{", "application/json", 400),
        (b"\xff", "application/json", 400),
        ("[" * 100_000, "application/json", 400),
        ("{}", "text/plain", 415),
        ("{}", "", 415),
        ('"' + "x" * 2_000_000 + '"', "application/json", 413),
    ]
    for (body, content_type, status), (method, path) in zip(bodies, routes, strict=False):
        with subtests.test(body=body[:10], path=path):
            answer = mock.api(method, path, data=body, headers={"Content-Type": content_type})
            assert answer.status_code == status
            assert answer.json()["error"]


def test_what_is_not_there_is_a_404_in_json(mock: Mock, subtests: pytest.Subtests):
    for path in ["/nothing", "/alerts/ALERT-1", "/requests/99"]:
        with subtests.test(path=path):
            mock.reset()
            answer = mock.api("GET", path)
            assert answer.status_code == 404
            assert answer.json()["error"]


def test_the_password_can_be_changed_and_put_back(mock: Mock):
    answer = mock.api("PUT", "/credentials", json={"username": "new", "password": "geheim ü"})
    assert answer.json() == {"username": "new"}
    assert mock.form().status_code == 401
    assert mock.form(auth=("new", "geheim ü".encode())).status_code == 200
    assert mock.api("DELETE", "/credentials").status_code == 204
    assert mock.form().status_code == 200


def test_wrong_credentials_are_refused_and_the_old_ones_stay(mock: Mock, subtests: pytest.Subtests):
    for wrong in [{}, {"username": "a:b", "password": "c"}, {"username": "a", "password": ""}]:
        with subtests.test(wrong=wrong):
            mock.reset()
            assert mock.api("PUT", "/credentials", json=wrong).status_code == 400
            assert mock.form().status_code == 200


def test_health_is_open_to_all(guarded: Mock, mock: Mock):
    for running in (guarded, mock):
        answer = running.session.get(running.url + "/healthz", headers={"Host": "rmm.example"}, timeout=30)
        assert (answer.status_code, answer.text) == (200, "ok")


def test_the_api_wants_the_token(guarded: Mock, subtests: pytest.Subtests):
    routes = [
        ("GET", "/alerts"),
        ("POST", "/alerts"),
        ("DELETE", "/requests"),
        ("PUT", "/faults"),
        ("PUT", "/credentials"),
        ("GET", "/nothing"),
    ]
    wrong = itertools.cycle([None, "Bearer wrong", f"Basic {TOKEN}", "Bearer", "Bearer ü"])
    for (method, path), authorization in zip(routes, wrong, strict=False):
        with subtests.test(path=path, authorization=authorization):
            headers = {"Authorization": authorization.encode()} if authorization else {}
            answer = guarded.api(method, path, json={}, headers=headers)
            assert answer.status_code == 401
            assert "MOCK_RMM_ADMIN_TOKEN" in answer.json()["error"]


def test_the_api_lets_in_who_bears_the_token(guarded: Mock):
    answer = guarded.api("GET", "/alerts", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.json() == {"alerts": []}


def test_the_pages_want_a_sign_in(guarded: Mock, subtests: pytest.Subtests):
    for path in ["/", "/rules/", "/requests/1", "/live"]:
        with subtests.test(path=path):
            answer = guarded.session.get(guarded.url + path, allow_redirects=False, timeout=30)
            assert (answer.status_code, answer.headers["Location"]) == (302, "/sign-in")


@pytest.mark.parametrize("body", [b"a=&" * 1001, b"token=" + b"a" * 524_289], ids=["fields", "bytes"])
def test_a_pages_form_is_bounded_before_it_is_taken_apart(guarded: Mock, monkeypatch, body: bytes):
    taken_apart = []
    monkeypatch.setattr("werkzeug.formparser.FormDataParser.parse", lambda *_, **__: taken_apart.append(True))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = guarded.session.post(f"{guarded.url}/sign-in", data=body, headers=form, timeout=30)
    assert answer.status_code == 413
    assert not taken_apart


def test_the_doors_want_no_token(guarded: Mock):
    assert SENDERS["soap"](guarded, CALLOUT).status_code == 200


def test_without_a_token_only_requests_addressed_to_loopback_are_taken(mock: Mock, subtests: pytest.Subtests):
    for host in ["evil.example", "127.0.0.1.evil.example", "", "192.168.1.1", "[::1", "a b"]:
        for path in ["/", "/api/alerts"]:
            with subtests.test(host=host, path=path):
                mock.reset()
                answer = mock.session.get(mock.url + path, headers={"Host": host}, timeout=30)
                assert answer.status_code in {400, 403}


def test_loopback_has_several_names(mock: Mock, subtests: pytest.Subtests):
    for host in ["localhost:8001", "127.0.0.1", "[::1]:8001", "rmm.localhost"]:
        with subtests.test(host=host):
            mock.reset()
            assert mock.session.get(mock.url + "/", headers={"Host": host}, timeout=30).status_code == 200


def test_pages_cannot_be_posted_to_from_elsewhere(mock: Mock):
    for path in ("/alerts", "/requests/clear", "/rules/new", "/rules/remove-all"):
        answer = mock.session.post(mock.url + path, data={"device": "a"}, auth=BASIC, timeout=30)
        assert answer.status_code == 400
        assert "out of date" in answer.text


def test_pages_bear_a_strict_policy(mock: Mock):
    answer = mock.session.get(mock.url, timeout=30)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert " style=" not in answer.text
    assert "<script>" not in answer.text
