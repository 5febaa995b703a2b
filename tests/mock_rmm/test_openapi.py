"""The description of the JSON API says what the API does, and its page lets one try it."""

import re
from typing import Any

import pytest
import regex
from playwright.sync_api import Page

from mock_rmm.api.document import document
from mock_rmm.api.operations import OPERATIONS
from mock_rmm.app import create_app
from mock_rmm.settings import Settings
from tests.looking import check
from tests.mock_rmm.running import CALLOUT, Mock

DESCRIPTION = document(OPERATIONS, "http://localhost")
KINDS = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
BOUNDS = {
    "enum": lambda value, names: value in names,
    "minimum": lambda value, least: value >= least,
    "exclusiveMinimum": lambda value, least: value > least,
    "maximum": lambda value, most: value <= most,
    "minLength": lambda value, least: len(value) >= least,
    "maxLength": lambda value, most: len(value) <= most,
    "minItems": lambda value, least: len(value) >= least,
    "maxItems": lambda value, most: len(value) <= most,
    "maxProperties": lambda value, most: len(value) <= most,
    "pattern": lambda value, pattern: regex.search(pattern, value) is not None,
}


def problems(value: Any, schema: dict, at: str = "$") -> list[str]:
    """What keeps a value from being as a schema says; of JSON Schema, what the description uses.

    An object whose properties are named has no others.
    """
    if "$ref" in schema:
        return problems(value, DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]], at)
    if "anyOf" in schema:
        found = [problems(value, each, at) for each in schema["anyOf"]]
        return [] if [] in found else [f"{at} is none of the kinds: {found}"]
    kind = schema.get("type", "")
    if kind and (not isinstance(value, KINDS[kind]) or (isinstance(value, bool) and kind != "boolean")):
        return [f"{at} is {value!r}, and no {kind}"]
    found = [
        f"{at} is {value!r}: {name}"
        for name, holds in BOUNDS.items()
        if name in schema and not holds(value, schema[name])
    ]
    if isinstance(value, list):
        found += [each for item in value for each in problems(item, schema["items"], at + "[]")]
    if isinstance(value, dict):
        known, other = (
            schema.get("properties", {}),
            schema.get("additionalProperties", "properties" not in schema),
        )
        found += [f"{at} lacks {name}" for name in schema.get("required", []) if name not in value]
        for name, each in value.items():
            if name not in known and other in (False, True) and known:
                found.append(f"{at} has {name}")
            elif name in known or isinstance(other, dict):
                found += problems(each, known.get(name, other), f"{at}.{name}")
    return found


def answer_schema(method: str, path: str, status: int) -> dict:
    answer = DESCRIPTION["paths"][path][method.lower()]["responses"][str(status)]
    return answer["content"]["application/json"]["schema"]


def test_the_description_and_the_routes_are_in_step():
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", "{}", rule.rule))
        for rule in create_app(Settings()).url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(each.method, re.sub(r"{\w+}", "{}", each.path)) for each in OPERATIONS}
    assert described == routes


def test_operations_have_names_of_their_own_and_every_schema_that_is_named_exists():
    names = [each.id for each in OPERATIONS]
    assert len(names) == len(set(names))
    schemas = DESCRIPTION["components"]["schemas"]
    named = set(re.findall(r"'#/components/schemas/(\w+)'", str(DESCRIPTION)))
    assert named == set(schemas)


def test_each_example_is_as_described_and_is_taken(mock: Mock, subtests: pytest.Subtests):
    for operation in [each for each in OPERATIONS if each.takes]:
        with subtests.test(operation=operation.id):
            mock.reset()
            schema = {"$ref": f"#/components/schemas/{operation.takes.__name__}"}
            assert problems(operation.example, schema) == []
            mock.form({**CALLOUT, "status": "Complete"})
            path = operation.path.removeprefix("/api")
            if "{id}" in path:
                kept = mock.api("POST", "/rules", json={"fault": "reset"}).json()
                path = path.format(id=kept["id"])
            answer = mock.api(operation.method, path, json=operation.example)
            # No portal is there to raise an alert at
            assert answer.status_code in ({502} if path == "/alerts" else {200, 201, 204}), answer.text
            if answer.content:
                described = answer_schema(operation.method, operation.path, answer.status_code)
                assert problems(answer.json(), described) == []


def test_what_is_given_is_as_described(mock: Mock, subtests: pytest.Subtests):
    mock.form({"Status": "New"})
    mock.fault(door="*", fault="delay", seconds=0.01)
    mock.form()
    for path, name in [
        ("/requests", "/api/requests"),
        ("/requests/search?text=New", "/api/requests/search"),
        ("/requests/1", "/api/requests/{id}"),
        ("/receivers", "/api/receivers"),
        ("/receivers/soap", "/api/receivers/{name}"),
        ("/faults", "/api/faults"),
        ("/rules", "/api/rules"),
        ("/rules/1", "/api/rules/{id}"),
        ("/scenarios", "/api/scenarios"),
        ("/alerts", "/api/alerts"),
    ]:
        with subtests.test(path=path, name=name):
            answer = mock.api("GET", path)
            assert problems(answer.json(), answer_schema("GET", name, 200)) == []


def test_all_that_can_be_wanted_of_a_receiver_is_described(mock: Mock, subtests: pytest.Subtests):
    for wanted in [
        {
            "door": "soap",
            "method": "TicketChanged",
            "namespace": "http://tempuri.org/",
            "soap_action": None,
            "versions": ["1.1"],
            "mode": "strict",
        },
        {"door": "xml-rpc", "method": "ticket.changed", "style": "positional", "required": ["id"]},
        {"door": "name-value-get", "path": "/callouts/x", "username": "a", "password": "b"},
    ]:
        with subtests.test(wanted=wanted):
            mock.reset()
            asked = {"name": "acme", **wanted}
            assert problems(asked, {"$ref": "#/components/schemas/WantedReceiver"}) == []
            answer = mock.api("PUT", "/receivers", json=asked)
            assert answer.status_code == 200, answer.text
            assert problems(answer.json(), answer_schema("PUT", "/api/receivers", 200)) == []


def test_what_a_reader_refuses_the_schema_refuses_too(mock: Mock, subtests: pytest.Subtests):
    name, soap = {"name": "a", "door": "soap"}, {"device": "a", "message": "b", "door": "soap"}
    for method, path, kind, wrong in [
        ("POST", "/alerts", "WantedAlert", {**soap, "device": ""}),
        ("POST", "/alerts", "WantedAlert", {**soap, "message": "b" * 1001}),
        ("POST", "/alerts", "WantedAlert", {**soap, "message": "b\nc"}),
        ("POST", "/alerts", "WantedAlert", {**soap, "door": "*"}),
        ("PUT", "/faults", "WantedFault", {"fault": "status", "status": 199}),
        ("PUT", "/faults", "WantedFault", {"fault": "delay", "seconds": 601}),
        ("PUT", "/faults", "WantedFault", {"fault": "reset", "times": 0}),
        ("POST", "/rules", "WantedRule", {"fault": "status", "rate": 1.1}),
        ("POST", "/rules", "WantedRule", {"fault": "status", "priority": 0}),
        ("POST", "/rules", "WantedRule", {"fault": "status", "body": "x" * 65_537}),
        ("POST", "/rules", "WantedRule", {"fault": "status", "headers": {f"x-{n}": "1" for n in range(51)}}),
        ("POST", "/rules", "WantedRule", {"fault": "status", "match": {"door": {"matches": "a" * 1001}}}),
        ("POST", "/scenarios", "WantedScenario", {"scenario": "slow", "minutes": 0}),
        ("PUT", "/receivers", "WantedReceiver", {**name, "name": "A"}),
        ("PUT", "/receivers", "WantedReceiver", {**name, "path": "/x"}),
        ("PUT", "/receivers", "WantedReceiver", {**name, "versions": []}),
        ("PUT", "/receivers", "WantedReceiver", {**name, "required": ["ID"]}),
        ("PUT", "/credentials", "Credentials", {"username": "", "password": "b"}),
        ("POST", "/requests/wait", "WaitQuestion", {"timeout": 301}),
        ("POST", "/requests/find", "FindQuestion", {"limit": 1001}),
        ("POST", "/requests/sequence", "SequenceQuestion", {"matches": []}),
    ]:
        with subtests.test(path=path, wrong=str(wrong)[:60]):
            assert mock.api(method, path, json=wrong).status_code == 400
            assert problems(wrong, {"$ref": f"#/components/schemas/{kind}"})


def test_every_scenario_that_runs_is_as_described(mock: Mock):
    for each in mock.api("GET", "/scenarios").json()["scenarios"]:
        mock.api("POST", "/scenarios", json={"scenario": each["name"]})
    told = mock.api("GET", "/scenarios").json()
    assert told["running"]
    assert problems(told, answer_schema("GET", "/api/scenarios", 200)) == []


def test_a_misses_answer_is_as_described(mock: Mock):
    mock.form()
    asked = {"match": {"fields": {"status": "Complete"}}, "timeout": 0}
    answer = mock.api("POST", "/requests/wait", json=asked).json()
    assert answer["misses"]
    assert problems(answer, answer_schema("POST", "/api/requests/wait", 200)) == []
    refused = mock.api("POST", "/requests/wait", json={"match": {"colour": "red"}})
    assert problems(refused.json(), answer_schema("POST", "/api/requests/wait", 400)) == []


def test_the_description_names_the_address_that_it_was_asked_at(mock: Mock):
    told = mock.api("GET", "/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    assert told["servers"] == [{"url": mock.url}]


@pytest.mark.browser
def test_the_page_sends_an_operation_and_shows_the_answer(mock: Mock, page: Page):
    mock.form({**CALLOUT, "status": "Complete"})
    page.goto(f"{mock.url}/api-reference")
    page.locator("#post-requests-count summary").click()
    page.get_by_role("button", name="Send POST /api/requests/count").click()
    page.locator("#post-requests-count pre").get_by_text('"count": 1').wait_for()
    page.locator("#get-requests-id summary").click()
    page.locator("#get-requests-id").get_by_label("id").fill("99")
    page.get_by_role("button", name="Send GET /api/requests/{id}").click()
    page.get_by_text("HTTP 404").wait_for()
    check(page)
