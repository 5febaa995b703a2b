"""A strict XML-RPC receiver wants its method, its style of parameters, and strings."""

import xmlrpc.client
from urllib.parse import urlsplit

import pytest

from tests.mock_rmm.receivers.contracts import set_up
from tests.mock_rmm.running import BASIC, CALLOUT, Mock

METHOD = "alerts.clear"
UNKNOWN_METHOD, WRONG_PARAMETERS, INVALID = -32601, -32602, -32600


def receiver(mock: Mock, style: str = "struct", **more: object) -> str:
    return set_up(mock, name="rpc", door="xml-rpc", mode="strict", method=METHOD, style=style, **more)


def proxy(url: str) -> xmlrpc.client.ServerProxy:
    where = urlsplit(url)
    return xmlrpc.client.ServerProxy(f"http://{BASIC[0]}:{BASIC[1]}@{where.netloc}{where.path}")


def refusal(url: str, *params: object, method: str = METHOD) -> xmlrpc.client.Fault:
    with proxy(url) as server, pytest.raises(xmlrpc.client.Fault) as told:
        getattr(server, method)(*params)
    return told.value


def test_xmlrpc_client_calls_in_the_style_of_the_contract(mock: Mock, subtests: pytest.Subtests):
    for style, params in [("struct", (CALLOUT,)), ("positional", tuple(CALLOUT.values()))]:
        with subtests.test(style=style, params=params):
            mock.reset()
            with proxy(receiver(mock, style)) as server:
                assert server.alerts.clear(*params).startswith("Received.")
            assert mock.last()["fields"] == CALLOUT
            assert mock.last()["receiver"] == "rpc"


def test_another_method_is_unknown(mock: Mock):
    told = refusal(receiver(mock), CALLOUT, method="alerts.Clear")
    assert told.faultCode == UNKNOWN_METHOD
    assert told.faultString == "The method 'alerts.Clear' isn't known here: call 'alerts.clear'."
    assert mock.last()["problem"] == told.faultString
    assert mock.last()["fields"] == CALLOUT


def test_wrong_parameters_are_a_fault_that_says_how(mock: Mock, subtests: pytest.Subtests):
    for style, params, words in [
        ("struct", tuple(CALLOUT.values()), "The call has 7 parameters: send one struct"),
        ("positional", (CALLOUT,), "The call has one struct: send the seven values as seven strings"),
        ("struct", ({**CALLOUT, "id": 8176},), "id isn't a string"),
        ("positional", (8176, *list(CALLOUT.values())[1:]), "id isn't a string"),
        ("struct", ({**CALLOUT, "ID": "1"},), "The struct has a member 'ID', which isn't known here"),
        ("struct", ({"id": "1"},), "udf is required here and didn't come"),
        ("struct", ({**CALLOUT, "udf": ""},), "udf is required here and came empty"),
        ("positional", tuple(CALLOUT.values())[:6], "The call has 6 parameters: send seven"),
        ("positional", (), "The call has 0 parameters: send seven"),
        ("struct", ("1", "2"), "The call has 2 parameters: send one struct"),
        ("struct", ({**CALLOUT, "id": ["8176"]},), "id isn't a string"),
        ("positional", ({"id": "1"}, *list(CALLOUT.values())[1:]), "id isn't a string"),
    ]:
        with subtests.test(style=style, params=params, words=words):
            mock.reset()
            told = refusal(receiver(mock, style, required=["udf"]), *params)
            assert words in told.faultString
            assert told.faultCode == WRONG_PARAMETERS


def test_another_method_is_unknown_whatever_its_parameters(mock: Mock, subtests: pytest.Subtests):
    for params in [("1", "2"), ({**CALLOUT, "id": ["8176"]},)]:
        with subtests.test(params=params):
            mock.reset()
            told = refusal(receiver(mock), *params, method="alerts.Clear")
            assert told.faultCode == UNKNOWN_METHOD
            assert mock.last()["operation"] == "alerts.Clear"


def test_a_call_with_none_of_the_values_is_refused_though_none_is_required(mock: Mock):
    told = refusal(receiver(mock), {})
    assert told.faultCode == WRONG_PARAMETERS
    assert told.faultString.startswith("None of the seven values came.")


def test_what_is_no_call_at_all_stays_an_invalid_request(mock: Mock):
    url = receiver(mock)
    for document in (b"", b"<a/>", b"<methodCall/>", b"\xff"):
        answer = mock.session.post(
            url, data=document, auth=BASIC, headers={"Content-Type": "text/xml"}, timeout=30
        )
        with pytest.raises(xmlrpc.client.Fault) as told:
            xmlrpc.client.loads(answer.content)
        assert told.value.faultCode == INVALID


def test_another_content_type_is_refused_with_415(mock: Mock, subtests: pytest.Subtests):
    for content_type in ["application/json", ""]:
        with subtests.test(content_type=content_type):
            mock.reset()
            document = xmlrpc.client.dumps((CALLOUT,), METHOD)
            answer = mock.session.post(
                receiver(mock), data=document, auth=BASIC, headers={"Content-Type": content_type}, timeout=30
            )
            assert (answer.status_code, answer.text.strip()) == (415, mock.last()["problem"])
