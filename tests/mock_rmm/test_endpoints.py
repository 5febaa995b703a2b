"""Callouts come in by every door, through real clients, and are decoded to the same seven values."""

import gzip
import xmlrpc.client

import pytest
import requests
import zeep
from lxml import etree
from zeep.exceptions import Fault
from zeep.transports import Transport

from mock_rmm.endpoints.receiver import KINDS
from tests.mock_rmm.running import BASIC, CALLOUT, Mock
from tests.mock_rmm.senders import SENDERS, call_element, envelope, post_soap, post_xml_rpc, rpc_client


def soap_client(mock: Mock) -> zeep.Client:
    session = requests.Session()
    session.trust_env = False
    session.auth = BASIC
    return zeep.Client(mock.address("soap") + "?wsdl", transport=Transport(session=session, timeout=30))


def test_each_door_has_a_sender_here():
    assert set(SENDERS) == set(KINDS)


def test_the_seven_values_arrive_as_they_were_sent(mock: Mock, subtests: pytest.Subtests):
    for door in KINDS:
        with subtests.test(door=door):
            mock.reset()
            answer = SENDERS[door](mock, CALLOUT)
            assert answer.status_code == 200
            entry = mock.last()
            assert entry["fields"] == CALLOUT
            assert entry["door"] == door
            assert (entry["authorised"], entry["problem"], entry["answer_status"]) == (True, None, 200)


def test_zeep_calls_by_the_served_wsdl(mock: Mock, subtests: pytest.Subtests):
    for port in ["CalloutsSoap11", "CalloutsSoap12"]:
        with subtests.test(port=port):
            mock.reset()
            client = soap_client(mock)
            service = client.bind("TicketCallouts", port)
            assert service.TicketChanged(**CALLOUT).startswith("Received.")
            assert mock.last()["fields"] == CALLOUT
            expected = "text/xml" if port.endswith("11") else "application/soap+xml"
            assert mock.last()["headers"]["Content-Type"].startswith(expected)


def test_zeep_understands_the_fault(mock: Mock, subtests: pytest.Subtests):
    for port in ["CalloutsSoap11", "CalloutsSoap12"]:
        with subtests.test(port=port):
            mock.reset()
            mock.fault(door="soap", fault="fault", body="not today")
            service = soap_client(mock).bind("TicketCallouts", port)
            with pytest.raises(Fault, match="not today"):
                service.TicketChanged(**CALLOUT)


def test_the_wsdl_names_the_address_one_came_by(mock: Mock):
    for host in ("127.0.0.1:1", "rmm.example"):
        answer = mock.session.get(mock.address("soap") + "?WSDL", headers={"Host": host}, timeout=30)
        addresses = {
            element.get("location")
            for element in etree.fromstring(answer.content).iter()
            if element.get("location")
        }
        assert addresses == {f"http://{host}/callouts/soap"}
    assert mock.journal() == []


def test_any_soap_method_in_any_namespace_is_taken(mock: Mock, subtests: pytest.Subtests):
    for version in ["1.1", "1.2"]:
        for method, namespace in [
            ("Whatever", "urn:else"),
            ("clear_alert", "http://x/y"),
            ("NoNamespace", ""),
            ("Ünï", "u:e"),
        ]:
            with subtests.test(version=version, method=method, namespace=namespace):
                mock.reset()
                answer = post_soap(mock, envelope(call_element(CALLOUT, method, namespace), version), version)
                assert answer.status_code == 200
                assert mock.last()["fields"] == CALLOUT
                assert mock.last()["operation"] == (f"{{{namespace}}}{method}" if namespace else method)
                response = etree.fromstring(answer.content)[0][0]
                assert etree.QName(response).localname == f"{method}Response"
                assert (etree.QName(response).namespace or "") == namespace


def test_a_namespace_that_is_no_uri_is_taken_too(mock: Mock):
    assert post_soap(mock, envelope(call_element(CALLOUT, namespace="u:é"))).status_code == 200


def test_the_values_may_stand_in_another_namespace_than_the_method(mock: Mock):
    inner = '<m:Do xmlns:m="urn:a"><id>7</id><m:status>New</m:status></m:Do>'
    assert post_soap(mock, envelope(inner)).status_code == 200
    fields = mock.last()["fields"]
    assert (fields["id"], fields["status"], fields["udf"]) == ("7", "New", None)


def test_a_value_is_read_whole_or_refused(mock: Mock, subtests: pytest.Subtests):
    for door, inner, told in [
        ("soap", "ALERT<br/>7", "udf has elements in it"),
        ("soap", "<b>ALERT-7</b>", "udf has elements in it"),
        ("xml-rpc", "ALERT<br/>7", "udf has the element br in it"),
        ("xml-rpc", "<b>ALERT-7</b>", "udf has the element b in it"),
        ("xml-rpc", "7</string>ALERT<string>", "has the text 'ALERT' beside its elements"),
        ("soap", "AL<!-- x -->E<?pi x?>RT<![CDATA[-]]>7", ""),
        ("xml-rpc", "AL<!-- x -->E<?pi x?>RT<![CDATA[-]]>7", ""),
    ]:
        with subtests.test(door=door, inner=inner, told=told):
            mock.reset()
            if door == "soap":
                call = call_element({**CALLOUT, "udf": "X1X"}).replace("X1X", inner)
                answer = post_soap(mock, envelope(call))
            else:
                body = xmlrpc.client.dumps(({**CALLOUT, "udf": "X1X"},), "m").replace("X1X", inner)
                answer = post_xml_rpc(mock, body.encode())
            entry = mock.last()
            if told:
                assert "ault" in answer.text
                assert told in entry["problem"]
                assert "markup-in-value" in {each["code"] for each in entry["findings"]}
            else:
                assert entry["fields"] == {**CALLOUT, "udf": "ALERT-7"}


def test_xmlrpc_client_sends_a_struct(mock: Mock):
    with rpc_client(mock) as client:
        assert client.clear.alert(CALLOUT).startswith("Received.")
    assert mock.last()["fields"] == CALLOUT
    assert mock.last()["operation"] == "clear.alert"


def test_xmlrpc_client_sends_seven_strings(mock: Mock):
    with rpc_client(mock) as client:
        client.anything(*CALLOUT.values())
    assert mock.last()["fields"] == CALLOUT


def test_xmlrpc_client_understands_the_refusal(mock: Mock):
    with rpc_client(mock) as client, pytest.raises(xmlrpc.client.Fault, match="2 parameters"):
        client.anything("a", "b")


def test_a_whole_number_may_stand_for_a_text_in_xml_rpc(mock: Mock):
    post_xml_rpc(mock, xmlrpc.client.dumps(({"id": 8176, "status": "New"},), "x").encode())
    assert mock.last()["fields"]["id"] == "8176"


def test_the_query_of_the_url_and_empty_values_are_kept(mock: Mock):
    mock.session.get(mock.address("name-value-get") + "?token=1&id=&status=New", auth=BASIC, timeout=30)
    assert mock.last()["query"] == "token=1&id=&status=New"
    assert mock.last()["fields"]["id"] == ""
    assert mock.last()["fields"]["udf"] is None


def test_the_charset_of_the_content_type_is_followed(mock: Mock, subtests: pytest.Subtests):
    for charset in ["utf-8", "utf-16", "iso-8859-1", "windows-1252"]:
        with subtests.test(charset=charset):
            mock.reset()
            body = envelope(call_element({"udf": "Zürich"})).decode().encode(charset)
            answer = post_soap(mock, body, headers={"Content-Type": f"text/xml; charset={charset}"})
            assert answer.status_code == 200
            assert mock.last()["fields"]["udf"] == "Zürich"


def test_the_charset_of_the_declaration_is_followed(mock: Mock):
    text = "<?xml version='1.0' encoding='iso-8859-1'?>" + envelope(call_element({"udf": "Zürich"})).decode()
    assert post_soap(mock, text.encode("latin-1"), headers={"Content-Type": "text/xml"}).status_code == 200
    assert mock.last()["fields"]["udf"] == "Zürich"


def test_wrong_or_absent_credentials_are_refused(mock: Mock, subtests: pytest.Subtests):
    for door in KINDS:
        for auth in [None, ("rmm", "wrong"), ("other", "rmm-secret"), ("", "")]:
            with subtests.test(door=door, auth=auth):
                mock.reset()
                answer = mock.session.request(
                    KINDS[door].method, mock.address(door), auth=auth, params=CALLOUT, timeout=30
                )
                assert answer.status_code == 401
                assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
                assert mock.last()["authorised"] is False
                assert mock.last()["answer_status"] == 401


def test_a_bearer_token_is_not_basic(mock: Mock):
    assert mock.form(auth=None, headers={"Authorization": "Bearer rmm-secret"}).status_code == 401


def test_another_method_is_refused_and_kept(mock: Mock, subtests: pytest.Subtests):
    for door, method in [("soap", "GET"), ("xml-rpc", "PUT"), ("name-value-post", "DELETE")]:
        with subtests.test(door=door, method=method):
            mock.reset()
            answer = mock.session.request(method, mock.address(door), auth=BASIC, timeout=30)
            assert answer.status_code == 405
            assert "POST" in answer.headers["Allow"]
            assert (mock.last()["method"], mock.last()["answer_status"]) == (method, 405)


def test_a_packed_body_is_unpacked_and_that_is_told(mock: Mock):
    headers = {"Content-Type": "text/xml", "Content-Encoding": "gzip"}
    answer = post_soap(mock, gzip.compress(envelope(call_element(CALLOUT))), headers=headers)
    assert answer.status_code == 200
    assert mock.last()["fields"] == CALLOUT
    assert "packed-body" in {each["code"] for each in mock.last()["findings"]}


def test_a_packed_body_that_can_not_be_unpacked_is_refused_and_told(mock: Mock, subtests: pytest.Subtests):
    for coding, body, status in [
        ("br", b"x", 415),
        ("gzip", b"<plain/>", 400),
        ("gzip", gzip.compress(b"<half/>")[:-9], 400),
        ("gzip", gzip.compress(b" " * 2_000_000), 413),
    ]:
        with subtests.test(coding=coding, body=body, status=status):
            mock.reset()
            answer = post_soap(mock, body, headers={"Content-Type": "text/xml", "Content-Encoding": coding})
            assert answer.status_code == status
            assert answer.headers.get("Accept-Encoding") == ("gzip, deflate" if status == 415 else None)
            (told,) = [each["sentence"] for each in mock.last()["findings"] if each["code"] == "packed-body"]
            assert coding in told
            assert "Windows-1252" not in str(mock.last()["findings"])


def test_lenient_xml_rpc_takes_values_of_other_types(mock: Mock, subtests: pytest.Subtests):
    for typed, read in [
        ("<dateTime.iso8601>20211120T10:43:34</dateTime.iso8601>", "20211120T10:43:34"),
        ("<base64>YWJj</base64>", "YWJj"),
        ("<i8>8176</i8>", "8176"),
        ("<boolean>1</boolean>", "True"),
    ]:
        with subtests.test(typed=typed, read=read):
            mock.reset()
            member = f"<member><name>id</name><value>{typed}</value></member>"
            answer = post_xml_rpc(
                mock,
                f"<methodCall><methodName>x</methodName><params><param><value><struct>{member}</struct></value></param>"
                "</params></methodCall>".encode(),
            )
            assert b"<fault>" not in answer.content
            assert mock.last()["fields"]["id"] == read
            assert "rpc-types" in {each["code"] for each in mock.last()["findings"]}
