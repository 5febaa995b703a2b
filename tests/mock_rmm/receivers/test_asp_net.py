"""A receiver in the "as ASP.NET" mode does what .asmx services do: a wrong namespace is 200, and empty values."""

import pytest
from lxml import etree

from tests.mock_rmm.receivers.contracts import ACTION, METHOD, NAMESPACE, body, send, soap_receiver
from tests.mock_rmm.receivers.test_soap import client, code, reason
from tests.mock_rmm.running import CALLOUT, Mock

NOTHING = dict.fromkeys(CALLOUT)


@pytest.fixture
def url(mock: Mock) -> str:
    return soap_receiver(mock, "asp.net")


def test_the_right_namespace_brings_all_seven_values(mock: Mock, url: str, subtests: pytest.Subtests):
    for version in ["1.1", "1.2"]:
        with subtests.test(version=version):
            assert send(mock, url, body(version), version).status_code == 200
            assert mock.last()["fields"] == CALLOUT


def test_a_wrong_namespace_or_name_is_answered_with_200_and_reads_empty(
    mock: Mock, url: str, subtests: pytest.Subtests
):
    for action in [f'"{ACTION}"', ACTION]:
        for names in [
            {"namespace": NAMESPACE.rstrip("/")},
            {"namespace": ""},
            {"namespace": NAMESPACE.upper()},
            {"method": "Clearalert"},
        ]:
            with subtests.test(action=action, names=names):
                answer = send(mock, url, body(**names), action=action)
                assert answer.status_code == 200
                entry = mock.last()
                assert (entry["fields"], entry["problem"]) == (NOTHING, None)
                response = etree.fromstring(answer.content)[0][0]
                assert response.tag == f"{{{NAMESPACE}}}{METHOD}Response"
                assert response[0].text == "Received. No alert here knows this ticket."


def test_a_callout_with_a_wrong_namespace_clears_nothing(connected_mock: Mock):
    mock = connected_mock
    url = soap_receiver(mock, "asp.net")
    alert = mock.api("POST", "/alerts", json={"device": "a", "message": "b", "door": "soap"}).json()
    complete = {**CALLOUT, "status": "Complete", "udf": alert["id"]}
    send(mock, url, body(values=complete, namespace=NAMESPACE.rstrip("/")))
    assert mock.api("GET", f"/alerts/{alert['id']}").json()["state"] == "open"
    send(mock, url, body(values=complete))
    assert mock.api("GET", f"/alerts/{alert['id']}").json()["state"] == "cleared"


def test_a_value_with_an_element_in_it_is_an_error_in_the_document(mock: Mock, url: str):
    answer = send(mock, url, body(values={**CALLOUT, "udf": "X1X"}).replace(b"X1X", b"ALERT<br/>7"))
    assert answer.status_code == 500
    assert "There is an error in XML document" in answer.text


def test_children_are_passed_over_one_by_one(mock: Mock, url: str):
    document = body(values={"Id": "1", "number": "T1", "status": "New"}).replace(
        b"<status>", b'<status xmlns="">'
    )
    assert send(mock, url, document).status_code == 200
    assert mock.last()["fields"] == {**NOTHING, "number": "T1"}


def test_zeep_calls_by_the_served_wsdl(mock: Mock, url: str, subtests: pytest.Subtests):
    for port in ["CalloutsSoap11", "CalloutsSoap12"]:
        with subtests.test(port=port):
            assert client(url, port)[METHOD](**CALLOUT).startswith("Received.")
            assert mock.last()["fields"] == CALLOUT


def test_an_unknown_action_is_refused_in_microsofts_words(mock: Mock, url: str, subtests: pytest.Subtests):
    for action, words in [
        ('"urn:else"', "Server did not recognize the value of HTTP Header SOAPAction: urn:else."),
        (
            None,
            "Unable to handle request without a valid action parameter. Please supply a valid soap action.",
        ),
    ]:
        with subtests.test(action=action, words=words):
            answer = send(mock, url, body(), action=action)
            assert reason(answer) == words
            assert code(answer) == "Client"


def test_soap_1_2_without_a_known_action_is_known_by_its_element(
    mock: Mock, url: str, subtests: pytest.Subtests
):
    for method, status in [(METHOD, 200), ("Else", 500)]:
        with subtests.test(method=method, status=status):
            headers = {"Content-Type": 'application/soap+xml; charset=utf-8; action="urn:else"'}
            assert send(mock, url, body("1.2", method=method), headers=headers).status_code == status


def test_an_envelope_of_the_other_version_is_a_mismatch(mock: Mock, url: str):
    answer = send(mock, url, body("1.2"), "1.1")
    assert reason(answer).startswith("Possible SOAP version mismatch: Envelope namespace http://www.w3.org")
    assert code(answer) == "VersionMismatch"


def test_another_content_type_is_an_invalid_format(mock: Mock, url: str):
    answer = send(
        mock, url, body(), headers={"Content-Type": "application/json", "SOAPAction": f'"{ACTION}"'}
    )
    assert (answer.status_code, answer.text) == (500, "Request format is invalid: application/json.\n")
