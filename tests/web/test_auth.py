"""Signing in and out."""

import lxml.html
import pytest

from portal.models import Resource
from tests.conftest import PASSWORD, make_resource, sign_in


def sign_in_page(client, **data):
    return client.post("/sign-in", data={"user_name": "nobody", "password": "wrong"} | data)


def test_a_page_one_wanted_is_where_one_is_after_signing_in(client, technician):
    sent = client.get("/tickets?q=disk&status=all")
    assert sent.status_code == 302
    page = client.get(sent.location)
    (form,) = lxml.html.fromstring(page.text).forms
    data = dict(form.form_values()) | {"user_name": technician.user_name, "password": PASSWORD}
    assert client.post(form.action, data=data).location == "/tickets?q=disk&status=all"


def test_signing_in_never_leads_to_another_site(app, technician, subtests):
    for elsewhere in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "http:evil.example",
        " //evil.example",
    ]:
        with subtests.test(elsewhere=elsewhere):
            data = {"user_name": technician.user_name, "password": PASSWORD, "next": elsewhere}
            assert app.test_client().post("/sign-in", data=data).location == "/"


def test_the_user_name_is_found_without_regard_to_case_and_spaces(client, session):
    who = make_resource(session, "service_desk", "Straße.ÄÖ")
    answer = client.post("/sign-in", data={"user_name": "  STRASSE.äö ", "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    session.expire_all()
    assert session.get(Resource, who.id).last_sign_in is not None


@pytest.mark.parametrize("case", ["unknown", "wrong password", "inactive"])
def test_what_was_wrong_is_not_told_to_a_stranger(client, session, technician, case):
    if case == "inactive":
        technician.active = False
        session.commit()
    name = "nobody" if case == "unknown" else technician.user_name
    password = PASSWORD if case == "inactive" else "wrong password"
    answer = sign_in_page(client, user_name=name, password=password)
    assert answer.status_code == 422
    assert "The user name or the password is not right." in answer.text
    assert password not in answer.text
    assert client.get("/").status_code == 302


def test_an_odd_sign_in_is_refused_and_breaks_nothing(client, subtests):
    for data in [
        {"user_name": "", "password": ""},
        {"user_name": "\x00", "password": "\x00"},
        {"user_name": "x" * 9999},
    ]:
        with subtests.test(data=data):
            assert sign_in_page(client, **data).status_code == 422


def test_a_session_planted_before_the_sign_in_is_not_kept(client, technician):
    with client.session_transaction() as planted:
        planted["planted"] = "by somebody"
    sign_in(client, technician)
    with client.session_transaction() as kept:
        assert "planted" not in kept
