"""Receivers are set up, changed and removed by the JSON API while callouts come in, each at an address of its own."""

import pytest
from wtforms.fields.core import UnboundField

from mock_rmm.endpoints.receiver import KINDS, LENIENT, MODES, POSITIONAL, STRICT, Contract, Receiver
from mock_rmm.endpoints.receivers import BUILT_IN, editor_values
from mock_rmm.endpoints.registry import HOLDS
from mock_rmm.settings import Settings
from portal.callouts.formats import FORMATS
from portal.core.callouts import XML_RPC_CHOICES
from portal.web.forms.callouts import CalloutForm
from tests.mock_rmm.receivers.contracts import OWN, body, send, set_up, soap_receiver
from tests.mock_rmm.running import BASIC, CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS

FORM = {"name": "acme", "door": "name-value-post"}
STRICT_SOAP = {"name": "acme", "door": "soap", "mode": "strict", "method": "Do", "namespace": "urn:x/"}


def post(mock: Mock, url: str, **keywords: object):
    return mock.session.post(url, **{"data": CALLOUT, "auth": BASIC, "timeout": 30, **keywords})


def test_the_modes_that_can_be_asked_for_are_those_with_a_contract():
    for name, kind in KINDS.items():
        assert set(kind.modes) == {LENIENT} | {mode for endpoint, mode in HOLDS if endpoint == name}
        assert set(kind.modes) <= set(MODES)


def test_each_door_has_a_built_in_receiver_of_its_name(mock: Mock, subtests: pytest.Subtests):
    for door in KINDS:
        with subtests.test(door=door):
            mock.reset()
            SENDERS[door](mock, CALLOUT)
            assert (mock.last()["receiver"], mock.last()["door"]) == (door, door)
            told = mock.api("GET", f"/receivers/{door}").json()
            assert (told["built_in"], told["mode"], told["path"]) == (True, "lenient", KINDS[door].path)


def test_several_receivers_are_there_at_once_each_with_its_contract(mock: Mock):
    strict = set_up(mock, name="strict", door="name-value-post", mode="strict", required=["udf"])
    other = set_up(mock, name="other", door="name-value-post", path="/callouts/v2/other")
    values = {**CALLOUT, "udf": ""}
    assert post(mock, strict, data=values).status_code == 400
    assert post(mock, strict, data=values).text == "udf is required here and came empty.\n"
    assert post(mock, other, data=values).status_code == 200
    assert mock.form(values).status_code == 200
    assert [entry["receiver"] for entry in mock.journal()] == ["strict", "strict", "other", "name-value-post"]


def test_a_strict_form_wants_its_content_type(mock: Mock, subtests: pytest.Subtests):
    for content_type in ["text/plain", "application/json", ""]:
        with subtests.test(content_type=content_type):
            mock.reset()
            url = set_up(mock, **FORM, mode="strict")
            answer = post(mock, url, data="id=1", headers={"Content-Type": content_type})
            assert answer.status_code == 415
            assert "application/x-www-form-urlencoded" in answer.text


def test_a_strict_query_wants_the_required_values(mock: Mock):
    url = set_up(mock, name="acme", door="name-value-get", mode="strict", required=["id", "number"])
    for params, status in ((CALLOUT, 200), ({"id": "1"}, 400), ({}, 400)):
        assert mock.session.get(url, params=params, auth=BASIC, timeout=30).status_code == status
    assert mock.journal()[1]["problem"] == "number is required here and didn't come."


def test_receivers_of_different_http_methods_share_an_address(mock: Mock):
    url = soap_receiver(mock)
    set_up(mock, name="acme-get", door="name-value-get", path="/callouts/acme")
    assert send(mock, url, body()).status_code == 200
    assert mock.session.get(url, params=CALLOUT, auth=BASIC, timeout=30).status_code == 200
    assert [entry["receiver"] for entry in mock.journal()] == ["acme", "acme-get"]
    assert b"definitions" in mock.session.get(url + "?wsdl", timeout=30).content
    refused = mock.session.put(url, auth=BASIC, timeout=30)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST, GET")


def test_two_receivers_cannot_have_the_same_address(mock: Mock):
    set_up(mock, **FORM)
    for path in ("/callouts/acme", "/callouts/soap"):
        answer = mock.api("PUT", "/receivers", json={"name": "b", "door": "xml-rpc", "path": path})
        assert answer.status_code == 400
        assert "has this address already" in answer.json()["fields"]["path"]


def test_a_receiver_has_a_user_name_and_password_of_its_own_or_the_mocks(mock: Mock):
    own = set_up(mock, **FORM, username=OWN[0], password=OWN[1])
    shared = set_up(mock, name="shared", door="name-value-post")
    for url, auth, status in ((own, OWN, 200), (own, BASIC, 401), (shared, BASIC, 200), (shared, OWN, 401)):
        assert post(mock, url, auth=auth).status_code == status
    assert post(mock, own, auth=BASIC).headers["WWW-Authenticate"].startswith("Basic realm=")
    mock.api("PUT", "/credentials", json={"username": "rmm", "password": "changed"})
    assert post(mock, own, auth=OWN).status_code == 200
    assert post(mock, shared, auth=BASIC).status_code == 401


def test_no_password_is_told(mock: Mock):
    soap_receiver(mock)
    told = (
        mock.api("GET", "/receivers").text + mock.session.get(mock.url + "/receivers/acme", timeout=30).text
    )
    told += mock.session.get(mock.url + "/receivers/acme/edit", timeout=30).text
    assert OWN[1] not in told
    assert OWN[1].replace("'", "&#39;") not in told
    assert OWN[1] not in repr(mock.rmm.receivers.get("acme"))


def test_a_receiver_is_changed_and_removed(mock: Mock):
    url = set_up(mock, **FORM)
    moved = set_up(mock, **FORM, path="/callouts/moved")
    assert post(mock, url).status_code == 404
    assert post(mock, moved).status_code == 200
    assert mock.api("DELETE", "/receivers/acme").status_code == 204
    assert post(mock, moved).status_code == 404
    assert mock.api("DELETE", "/receivers/acme").status_code == 404
    assert mock.api("GET", "/receivers/acme").status_code == 404


def test_an_address_without_a_receiver_says_so(mock: Mock):
    answer = post(mock, mock.url + "/callouts/nobody")
    assert answer.status_code == 404
    assert answer.text.startswith("No receiver has the address /callouts/nobody.")


def test_built_in_receivers_stay(mock: Mock, subtests: pytest.Subtests):
    for name in BUILT_IN:
        with subtests.test(name=name):
            mock.reset()
            assert mock.api("DELETE", f"/receivers/{name}").status_code == 409
            answer = mock.api("PUT", "/receivers", json={"name": name, "door": "soap", "path": "/callouts/x"})
            assert "built in" in answer.json()["fields"]["name"]


def test_a_reset_goes_back_to_the_receivers_of_the_start():
    with running_mock() as plain:
        plain.rmm.receivers.put(BUILT_IN["soap"])
        set_up(plain, **FORM)
        start = plain.rmm.receivers.get("acme")
    with running_mock(Settings(receivers=(start,))) as mock:
        set_up(mock, **FORM, path="/callouts/moved")
        set_up(mock, name="another", door="xml-rpc")
        assert mock.api("DELETE", "/receivers").status_code == 204
        assert mock.rmm.receivers.all() == [*BUILT_IN.values(), start]
        assert post(mock, mock.url + "/callouts/acme").status_code == 200


def test_a_wrong_receiver_is_refused_field_by_field(mock: Mock, subtests: pytest.Subtests):
    for wanted, fields in [
        ({}, {"name", "door"}),
        ({"name": "a", "door": "fax"}, {"door"}),
        ({"name": "a", "door": ["soap"]}, {"door"}),
        ({**FORM, "name": "A b"}, {"name"}),
        ({**FORM, "name": "-a"}, {"name"}),
        ({**FORM, "name": "a" * 61}, {"name"}),
        ({**FORM, "name": 5}, {"name"}),
        ({**FORM, "mode": "asp.net"}, {"mode"}),
        ({**FORM, "mode": None}, {"mode"}),
        ({**FORM, "method": "Do"}, {"method"}),
        ({**FORM, "colour": "red"}, {"colour"}),
        *(
            ({**FORM, "path": path}, {"path"})
            for path in (
                "/other",
                "callouts/x",
                "/callouts/",
                "/callouts/../api",
                "/callouts/a//b",
                "/callouts/ä",
            )
        ),
        ({**FORM, "path": "/callouts/" + "a" * 200}, {"path"}),
        ({**FORM, "required": "id"}, {"required"}),
        ({**FORM, "required": ["ID"]}, {"required"}),
        ({**FORM, "username": "a"}, {"password"}),
        ({**FORM, "password": "a"}, {"username"}),
        ({**FORM, "username": "a:b", "password": "c"}, {"username"}),
        ({**FORM, "username": "a\nb", "password": "c"}, {"username"}),
        ({**STRICT_SOAP, "method": ""}, {"method"}),
        ({**STRICT_SOAP, "method": "a:b"}, {"method"}),
        ({**STRICT_SOAP, "method": "1a"}, {"method"}),
        ({**STRICT_SOAP, "method": "a><b"}, {"method"}),
        ({**STRICT_SOAP, "namespace": None}, {"soap_action"}),
        ({**STRICT_SOAP, "namespace": "not a uri %"}, {"namespace", "soap_action"}),
        ({**STRICT_SOAP, "namespace": None, "soap_action": "Do"}, {"namespace"}),
        ({**STRICT_SOAP, "soap_action": 'a"b'}, {"soap_action"}),
        ({**STRICT_SOAP, "versions": []}, {"versions"}),
        ({**STRICT_SOAP, "versions": ["2.0"]}, {"versions"}),
        ({**STRICT_SOAP, "style": "struct"}, {"style"}),
        ({"name": "a", "door": "xml-rpc", "mode": "strict"}, {"method"}),
        ({"name": "a", "door": "xml-rpc", "method": "a b"}, {"method"}),
        ({"name": "a", "door": "xml-rpc", "style": "both"}, {"style"}),
    ]:
        with subtests.test(wanted=wanted, fields=fields):
            mock.reset()
            answer = mock.api("PUT", "/receivers", json=wanted)
            assert answer.status_code == 400
            assert set(answer.json()["fields"]) == fields
            assert len(mock.rmm.receivers.all()) == len(BUILT_IN)


def test_action_and_namespace_follow_from_each_other(mock: Mock, subtests: pytest.Subtests):
    for given, action, namespace in [
        ({"namespace": "http://x/"}, "http://x/Do", "http://x/"),
        ({"soap_action": "http://x/Do"}, "http://x/Do", "http://x/"),
        ({"soap_action": "http://Do/DoDo"}, "http://Do/DoDo", "http:///"),
        ({"soap_action": "urn:do", "namespace": "http://x"}, "urn:do", "http://x"),
    ]:
        with subtests.test(given=given, action=action, namespace=namespace):
            mock.reset()
            wanted = {"name": "a", "door": "soap", "mode": "strict", "method": "Do", **given}
            told = mock.api("PUT", "/receivers", json=wanted).json()
            assert (told["soap_action"], told["namespace"]) == (action, namespace)


def test_it_tells_what_to_type_into_the_callouts_editor(mock: Mock):
    soap_receiver(mock, soap_action="urn:clear")
    told = mock.api("GET", "/receivers/acme").json()
    assert told["wsdl"] == told["url"] + "?wsdl"
    assert told["editor"] == {
        "URL": mock.url + "/callouts/acme",
        "Username": OWN[0],
        "HTTP Transport Method": "POST",
        "Data Format": "SOAP",
        "Method Name": "ClearAlert",
        "SOAP Action": "urn:clear",
        "Namespace override": "http://acme.example/alerts/",
    }


def test_it_tells_the_style_of_xml_rpc(mock: Mock, subtests: pytest.Subtests):
    for style, words in [
        ("struct", "One struct with seven members"),
        ("positional", "Seven strings, in order"),
    ]:
        with subtests.test(style=style, words=words):
            mock.reset()
            set_up(mock, name="rpc", door="xml-rpc", mode="strict", method="a.b", style=style)
            told = mock.api("GET", "/receivers/rpc").json()["editor"]
            assert (told["Method Name"], told["XML-RPC parameters"]) == ("a.b", words)


def test_the_editors_words_are_the_portals():
    rpc = Receiver("b", "xml-rpc", "/callouts/b", STRICT, Contract("Do", style=POSITIONAL))
    soap = Receiver("a", "soap", "/callouts/a", STRICT, Contract("Do", "urn:x/", "urn:else"))
    told = [
        pair
        for receiver in (*BUILT_IN.values(), soap, rpc)
        for pair in editor_values(receiver, "http://x", "u")
    ]
    assert {label for label, _ in told} <= {
        field.args[0]
        for field in vars(CalloutForm).values()
        if isinstance(field, UnboundField) and field.args
    }
    assert {value for label, value in told if label == "Data Format"} == {
        each.label for each in FORMATS.values()
    }
    assert {value for label, value in told if label == "XML-RPC parameters"} == set(XML_RPC_CHOICES.values())


def test_receivers_are_for_those_who_may_use_the_mock(mock: Mock):
    soap_receiver(mock)
    for path in ("/receivers/new", "/receivers/acme/edit", "/receivers/acme/remove"):
        answer = mock.session.post(mock.url + path, data=FORM, timeout=30)
        assert answer.status_code == 400
        assert "out of date" in answer.text
    assert mock.api("PUT", "/receivers", data="{}", headers={"Content-Type": "text/plain"}).status_code == 415
    with running_mock(Settings(admin_token="x" * 20)) as guarded:
        assert guarded.api("PUT", "/receivers", json=FORM).status_code == 401
        assert guarded.api("DELETE", "/receivers/acme").status_code == 401
        page = guarded.session.get(guarded.url + "/receivers/", allow_redirects=False, timeout=30)
        assert page.headers["Location"] == "/sign-in"
        described = guarded.session.get(guarded.url + "/callouts/soap?wsdl", timeout=30)
        assert described.status_code == 200
