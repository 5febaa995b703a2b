"""The WSDL, as its readers need it; and what a browser is told."""

import requests
from flask.testing import FlaskClient
from lxml import etree

from portal.api.entities import ENTITIES
from portal.api.soap.operations import OPERATIONS
from portal.models import Resource
from tests.api.conftest import NAMESPACE, PATH, Client, Server, made

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XS = "{http://www.w3.org/2001/XMLSchema}"


def document(client: FlaskClient, address: str = f"{PATH}.wsdl", **options: object) -> etree._Element:
    answer = client.get(address, **options)
    assert answer.status_code == 200
    assert answer.content_type == "text/xml; charset=utf-8"
    return etree.fromstring(answer.data)


def test_the_wsdl_is_found_at_each_of_its_addresses_without_credentials(subtests, client: FlaskClient):
    for address in [f"{PATH}.wsdl", f"{PATH}.asmx?wsdl", f"{PATH}.asmx?WSDL", "/atservices/1.6/atws.wsdl"]:
        with subtests.test(address=address):
            root = document(client, address)
            assert root.tag == f"{WSDL}definitions"
            assert root.get("targetNamespace") == NAMESPACE


def test_the_address_in_the_wsdl_is_the_one_its_reader_came_by(subtests, client: FlaskClient):
    for base in ["http://localhost", "https://desk.localhost:8443", "http://127.0.0.1:8000"]:
        with subtests.test(base=base):
            root = document(client, base_url=base)
            assert [each.get("location") for each in root.iter(f"{SOAP}address")] == [f"{base}{PATH}.asmx"]


def test_every_operation_but_get_zone_info_declares_the_integration_header(client: FlaskClient):
    root = document(client)
    headers = {
        operation.get("name"): [each.get("part") for each in operation.iter(f"{SOAP}header")]
        for operation in root.iter(f"{WSDL}operation")
        if operation.getparent().tag == f"{WSDL}binding"
    }
    assert headers.pop("getZoneInfo") == []
    assert headers == {name: ["AutotaskIntegrations"] for name in OPERATIONS if name != "getZoneInfo"}


def test_actions_are_the_namespace_and_the_operation(client: FlaskClient):
    actions = {each.get("soapAction") for each in document(client).iter(f"{SOAP}operation")}
    assert actions == {f"{NAMESPACE}{name}" for name in OPERATIONS}


def test_an_entitys_own_fields_have_no_type(client: FlaskClient):
    root = document(client)
    kinds = {each.get("name"): each for each in root.iter(f"{XS}complexType")}
    assert kinds["Entity"].get("abstract") == "true"
    for entity in ENTITIES.values():
        (extension,) = kinds[entity.name].iter(f"{XS}extension")
        own = {each.get("name"): each.get("type") for each in extension.iter(f"{XS}element")}
        assert own == {field.name: "xs:anyType" for field in entity.fields if field.name != "id"}


def test_zeep_reads_every_type_and_operation(rmm: Client):
    assert set(dir(rmm.zeep.service)) >= set(OPERATIONS)
    for entity in ENTITIES.values():
        assert {field.name for field in entity.fields} <= set(dir(rmm.entity(entity.name)))


def test_zeep_keeps_to_the_address_in_the_wsdl(server: Server, api_user: Resource, company):
    rmm = server.client(api_user, wsdl=f"{server.url}/atservices/1.6/atws.asmx?wsdl")
    assert rmm.zeep.service._binding_options["address"] == f"{server.url}{PATH}.asmx"
    assert made(rmm.create(rmm.ticket(AccountID=company.id, Title="Disk full", Status=1, Priority=1)))


def test_a_browser_is_told_what_this_is(client: FlaskClient):
    answer = client.get(f"{PATH}.asmx", base_url="http://desk.localhost")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    assert "SOAP 1.1" in answer.text
    assert f"http://desk.localhost{PATH}.wsdl" in answer.text


def test_answers_are_kept_by_no_cache(server: Server):
    answer = requests.get(server.wsdl, timeout=30)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
