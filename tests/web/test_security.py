"""What holds for every request: to whom it is addressed, how much of it is read, and the headers of each answer."""

from dataclasses import replace

import pytest

from portal.db.services import services

WSDL = "/ATServices/1.6/atws.wsdl"


@pytest.fixture
def production(app) -> None:
    given = services()
    settings = replace(
        given.settings,
        environment="production",
        base_url="https://portal.example:8443",
        allowed_hosts=frozenset({"portal"}),
    )
    app.extensions["portal"] = replace(given, settings=settings)


def test_in_production_only_the_portals_own_names_are_answered(client, production, subtests):
    for path in ["/sign-in", WSDL, "/nothing-here"]:
        with subtests.test(path=path):
            for host in ("portal.example", "PORTAL.EXAMPLE.:9000", "portal:8000"):
                assert client.get(path, headers={"Host": host}).status_code != 400
            for host in (
                "localhost",
                "127.0.0.1",
                "evil.example",
                "portal.example.evil.example",
                "[",
                "portal.example@x",
            ):
                answer = client.get(path, headers={"Host": host})
                assert answer.status_code == 400
                assert "PORTAL_ALLOWED_HOSTS" in answer.text


def test_programs_on_this_machine_may_always_ask_how_the_portal_is(client, production, subtests):
    for path in ["/healthz", "/readyz", "/metrics"]:
        with subtests.test(path=path):
            assert client.get(path, headers={"Host": "127.0.0.1:8000"}).status_code in {200, 503}
            assert client.get(path, headers={"Host": "evil.example"}).status_code == 400


def test_in_development_this_machine_is_answered_and_no_foreign_name(client):
    for host in ("localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert client.get("/sign-in", headers={"Host": host}).status_code == 200
    assert client.get("/metrics", headers={"Host": "evil.example"}).status_code == 400


def test_the_wsdl_names_the_accepted_host_that_was_asked_for(client, production):
    wsdl = client.get(WSDL, headers={"Host": "portal:8000"}, base_url="http://portal:8000").text
    assert 'location="http://portal:8000/ATServices/1.6/atws.asmx"' in wsdl


def test_browsers_are_told_to_come_by_tls_only_in_production(client, production):
    answer = client.get("/sign-in", base_url="https://portal.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in client.get("/sign-in", base_url="http://portal.example").headers


@pytest.mark.parametrize("body", [b"a=&" * 5001, b"user_name=" + b"a" * 1_048_577], ids=["fields", "bytes"])
def test_a_form_is_bounded_before_it_is_taken_apart(client, monkeypatch, body):
    taken_apart = []
    monkeypatch.setattr(
        "werkzeug.formparser.FormDataParser.parse", lambda *_args, **_options: taken_apart.append(True)
    )
    answer = client.post("/sign-in", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 413
    assert "5,000 fields" in answer.text
    assert not taken_apart


def test_an_address_that_is_none_leads_home(as_technician, subtests):
    for address in ["//[", "http://[x", "/\\[", "//a\u2100b"]:
        with subtests.test(address=address):
            assert as_technician.get("/sign-in", query_string={"next": address}).location == "/"
            referrer = address.encode().decode("latin-1")
            assert as_technician.get("/nothing-here", headers={"Referer": referrer}).status_code == 404
