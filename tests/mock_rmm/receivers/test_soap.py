"""A strict SOAP receiver keeps to its contract as a real service does, and its WSDL says the same."""

import pytest
import requests
import zeep
from lxml import etree
from zeep.exceptions import Fault, TransportError
from zeep.transports import Transport

from mock_rmm.callout import FIELDS
from tests.mock_rmm.receivers.contracts import ACTION, METHOD, NAMESPACE, OWN, body, send, soap_receiver
from tests.mock_rmm.running import BASIC, CALLOUT, Mock
from tests.mock_rmm.senders import ENVELOPES, envelope

XS = "{http://www.w3.org/2001/XMLSchema}"


def client(url: str, port: str, auth: tuple[str, str] = OWN) -> zeep.proxy.ServiceProxy:
    session = requests.Session()
    session.trust_env = False
    session.auth = auth
    return zeep.Client(url + "?wsdl", transport=Transport(session=session, timeout=30)).bind(
        "TicketCallouts", port
    )


def reason(answer: requests.Response) -> str:
    """What a fault says, whichever version of SOAP it is in."""
    assert answer.status_code == 500
    fault = etree.fromstring(answer.content)[0][0]
    assert etree.QName(fault).localname == "Fault"
    return fault.findtext("faultstring") or fault.findtext(".//{*}Reason/{*}Text")


def code(answer: requests.Response) -> str:
    fault = etree.fromstring(answer.content)[0][0]
    return (fault.findtext("faultcode") or fault.findtext(".//{*}Code/{*}Value")).rpartition(":")[2]


def test_zeep_calls_a_strict_receiver_by_its_wsdl(mock: Mock, subtests: pytest.Subtests):
    for port in ["CalloutsSoap11", "CalloutsSoap12"]:
        with subtests.test(port=port):
            mock.reset()
            service = client(soap_receiver(mock, required=["id", "udf"]), port)
            assert service[METHOD](**CALLOUT).startswith("Received.")
            entry = mock.last()
            assert entry["fields"] == CALLOUT
            assert entry["operation"] == f"{{{NAMESPACE}}}{METHOD}"
            assert (entry["receiver"], entry["door"], entry["problem"]) == ("acme", "soap", None)


def test_zeep_understands_how_a_strict_receiver_refuses(mock: Mock, subtests: pytest.Subtests):
    for port in ["CalloutsSoap11", "CalloutsSoap12"]:
        with subtests.test(port=port):
            mock.reset()
            service = client(soap_receiver(mock, required=["id"]), port)
            with pytest.raises(Fault, match="id is required here and came empty"):
                service[METHOD](**{**CALLOUT, "id": " "})
            with pytest.raises(TransportError, match="401"):
                client(f"{mock.url}/callouts/acme", port, BASIC)[METHOD](**CALLOUT)


def test_a_wsdl_describes_only_the_versions_of_the_contract(mock: Mock, subtests: pytest.Subtests):
    for version in ["1.1", "1.2"]:
        with subtests.test(version=version):
            mock.reset()
            url = soap_receiver(mock, versions=[version])
            wsdl = etree.fromstring(mock.session.get(url + "?wsdl", timeout=30).content)
            ports = [port.get("name") for port in wsdl.iter("{http://schemas.xmlsoap.org/wsdl/}port")]
            assert ports == ["CalloutsSoap" + version.replace(".", "")]
            other = "1.2" if version == "1.1" else "1.1"
            assert send(mock, url, body(version), version).status_code == 200
            assert send(mock, url, body(other), other).status_code == 415


def test_what_is_taken_and_answered_is_valid_by_the_schema_of_the_wsdl(mock: Mock, subtests: pytest.Subtests):
    for version in ["1.1", "1.2"]:
        with subtests.test(version=version):
            mock.reset()
            url = soap_receiver(mock, required=["udf"])
            wsdl = etree.fromstring(mock.session.get(url + "?wsdl", timeout=30).content)
            schema = etree.XMLSchema(etree.fromstring(etree.tostring(wsdl.find(f".//{XS}schema"))))
            answer = send(mock, url, body(version), version)
            for document in (body(version), answer.content):
                assert schema.validate(etree.fromstring(document)[0][0]), schema.error_log
            for broken in BROKEN_BODIES.values():
                refused = etree.fromstring(broken[0])[0][0]
                assert not schema.validate(refused)


BROKEN_BODIES = {
    "another method": (body(method="ClearAlarm"), "The method 'ClearAlarm' isn't known here"),
    "a namespace without its slash": (body(namespace=NAMESPACE[:-1]), f"it must be in {NAMESPACE}"),
    "no namespace": (body(namespace=""), f"it must be in {NAMESPACE}"),
    "a value in the wrong case": (body(values={"Id": "1", "udf": "a"}), "The element 'Id' isn't known here"),
    "a value too many": (body(values={**CALLOUT, "extra": "1"}), "The element 'extra' isn't known here"),
    "the wrong order": (body(values={"number": "T1", "id": "1", "udf": "a"}), "id comes after number"),
    "a value twice": (body().replace(b"<id>", b"<id>1</id><id>", 1), "id came twice"),
    "an element in a value": (
        body(values={"id": "1", "udf": "X"}).replace(b"X", b"<b>1</b>"),
        "udf has elements",
    ),
    "a value in no namespace": (
        body(values={"id": "1", "udf": "X"}).replace(b"<id>", b'<id xmlns="">'),
        "id is in the namespace ''",
    ),
    "a required value missing": (body(values={"id": "1"}), "udf is required here and didn't come"),
    "a required value empty": (body(values={"id": "1", "udf": ""}), "udf is required here and came empty"),
}


def test_a_body_that_breaks_the_contract_is_a_fault_that_says_how(mock: Mock, subtests: pytest.Subtests):
    for kind, (document, words) in BROKEN_BODIES.items():
        with subtests.test(kind=kind):
            mock.reset()
            url = soap_receiver(mock, required=["udf"])
            answer = send(mock, url, document)
            assert words in reason(answer)
            assert code(answer) == "Client"
            assert mock.last()["problem"] == reason(answer)


def test_what_a_broken_call_brought_is_in_the_journal_all_the_same(mock: Mock):
    send(mock, soap_receiver(mock), body(namespace="urn:else"))
    assert mock.last()["fields"] == CALLOUT


def test_soap_1_1_wants_the_action_in_its_header(mock: Mock, subtests: pytest.Subtests):
    for action, words in [
        (None, f'The header SOAPAction is missing: send SOAPAction: "{ACTION}"'),
        (ACTION, f'The header SOAPAction isn\'t quoted: send SOAPAction: "{ACTION}"'),
        ('"urn:else"', f"The SOAPAction 'urn:else' isn't known here: send SOAPAction: \"{ACTION}\""),
        ('""', "The SOAPAction '' isn't known here"),
    ]:
        with subtests.test(action=action, words=words):
            mock.reset()
            assert words in reason(send(mock, soap_receiver(mock), body(), action=action))


def test_soap_1_2_may_name_the_action_in_its_content_type(mock: Mock, subtests: pytest.Subtests):
    for parameter, taken in [("", True), (f'; action="{ACTION}"', True), ('; action="urn:else"', False)]:
        with subtests.test(parameter=parameter, taken=taken):
            mock.reset()
            headers = {"Content-Type": "application/soap+xml; charset=utf-8" + parameter}
            answer = send(mock, soap_receiver(mock), body("1.2"), headers=headers)
            if taken:
                assert answer.status_code == 200
            else:
                assert "The action in the Content-Type is 'urn:else'" in reason(answer)
                assert code(answer) == "Sender"


def test_another_content_type_is_refused_with_415(mock: Mock, subtests: pytest.Subtests):
    for content_type in ["application/json", "text/plain", "", "application/x-www-form-urlencoded"]:
        with subtests.test(content_type=content_type):
            mock.reset()
            headers = {"Content-Type": content_type, "SOAPAction": f'"{ACTION}"'}
            answer = send(mock, soap_receiver(mock), body(), headers=headers)
            assert answer.status_code == 415
            assert "send text/xml or application/soap+xml" in answer.text
            assert mock.last()["problem"] == answer.text.strip()


def test_an_envelope_of_the_other_version_is_a_mismatch(mock: Mock, subtests: pytest.Subtests):
    for version in ["1.1", "1.2"]:
        with subtests.test(version=version):
            mock.reset()
            other = "1.2" if version == "1.1" else "1.1"
            answer = send(mock, soap_receiver(mock), body(version), other)
            assert f"is for SOAP {other}, whose envelope is in {ENVELOPES[other][0]}" in reason(answer)
            assert code(answer) == "VersionMismatch"


def test_hostile_documents_stay_faults(mock: Mock):
    url = soap_receiver(mock)
    for document in (
        b"",
        b"<a/>",
        envelope(""),
        envelope("x"),
        b"\xff",
        b"<!DOCTYPE a><a/>",
        envelope("<a/>"),
    ):
        assert reason(send(mock, url, document))


def test_a_lenient_receiver_takes_what_a_strict_one_refuses_and_tells_its_contract(mock: Mock):
    url = soap_receiver(mock, "lenient")
    for kind, (document, _) in BROKEN_BODIES.items():
        # what would be lost is taken by nobody
        status = 500 if kind == "an element in a value" else 200
        assert send(mock, url, document, action=None).status_code == status
    assert METHOD in mock.session.get(url + "?wsdl", timeout=30).text


def test_the_method_of_a_contract_may_have_any_name_that_xml_has(mock: Mock):
    for number, name in enumerate(["Alarm.löschen", "_x", "告警", "a-b"]):
        url = soap_receiver(
            mock, name=f"receiver-{number}", method=name, namespace="urn:x/", soap_action="urn:do"
        )
        assert client(url, "CalloutsSoap12")[name](**CALLOUT).startswith("Received.")


def test_all_seven_values_may_be_required(mock: Mock):
    url = soap_receiver(mock, required=list(FIELDS))
    assert send(mock, url, body()).status_code == 200
    assert "id, number, status, created_datetime, last_activity_datetime and domain are required" in reason(
        send(mock, url, body(values={"udf": "1"}))
    )


def test_a_strict_receiver_refuses_a_call_with_none_of_the_values_though_it_requires_none(mock: Mock):
    url = soap_receiver(mock)
    answer = send(mock, url, envelope(f'<{METHOD} xmlns="{NAMESPACE}"/>'))
    assert answer.status_code == 500
    assert "None of the seven values came" in reason(answer)
