"""What is asked for where nothing is gets an answer in the form of the protocol that its path belongs to."""

from flask.testing import FlaskClient
from lxml import etree

from tests.api.conftest import ENVELOPE, PATH


def test_an_unknown_rest_path_answers_json(subtests, client: FlaskClient):
    for path in ("/ATServicesRest/V1.0/Tickets/1", "/atservicesrest/v1.0/tickets/query/", "/ATServicesRest"):
        for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
            with subtests.test(path=path, method=method):
                answer = client.open(path, method=method, json={})
                assert (answer.status_code, answer.mimetype) == (404, "application/json")
                assert "nothing at this address" in answer.json["errors"][0]


def test_an_unknown_soap_path_or_method_answers_a_fault(subtests, client: FlaskClient):
    for method, path, status in (
        ("POST", "/ATServices/1.5/atws.asmx", 404),
        ("GET", "/atservices/", 404),
        ("PUT", f"{PATH}.asmx", 405),
        ("POST", f"{PATH}.wsdl", 405),
    ):
        with subtests.test(method=method, path=path):
            answer = client.open(path, method=method, data=b"<a/>")
            assert (answer.status_code, answer.content_type) == (status, "text/xml; charset=utf-8")
            fault = etree.fromstring(answer.data).find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
            assert f"{PATH}.asmx" in fault.findtext("faultstring")
            assert ("Allow" in answer.headers) == (status == 405)


def test_other_paths_still_answer_a_page(client: FlaskClient):
    assert "<html" in client.get("/ATServicesRestless/V1.0").text
