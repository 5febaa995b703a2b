"""The description of the JSON API, in OpenAPI 3.1."""

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from mock_rmm.api.answers import Error
from mock_rmm.api.operation import Operation

SUCCESS = range(200, 300)
ALWAYS = {
    401: "The admin token is missing or wrong.",
    403: "Without an admin token the mock answers to loopback only.",
}
WITH_BODY = {413: "The body is too large.", 415: "The body isn't application/json."}
TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "The value of MOCK_RMM_ADMIN_TOKEN; required where others can reach the mock.",
}


def document(operations: Iterable[Operation], server: str) -> dict[str, Any]:
    operations = list(operations)
    types = [kind for each in operations for kind in (each.takes, each.gives, each.query, Error) if kind]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    known = dict(zip(types, schemas, strict=True))
    for query in {each.query for each in operations if each.query}:
        del components[query.__name__]
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, known)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mock RMM",
            "version": own_version(),
            "description": "Receivers for ticket callouts: what came, what should have come, and how they answer.",
        },
        "servers": [{"url": server}],
        "security": [{}, {"adminToken": []}],
        "tags": [{"name": group} for group in dict.fromkeys(each.group for each in operations)],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"adminToken": TOKEN}},
    }


def parameters(operation: Operation) -> list[dict[str, Any]]:
    """What varies in the path and the query string, as OpenAPI describes it."""
    text = {"type": "string"}
    found = [{"name": name, "in": "path", "required": True, "schema": text} for name in operation.names]
    if operation.query is not None:
        components = msgspec.json.schema_components([operation.query])[1]
        for name, schema in components[operation.query.__name__]["properties"].items():
            words = schema.get("description") or next(
                each["description"] for each in schema["anyOf"] if "description" in each
            )
            found.append({"name": name, "in": "query", "description": words, "schema": schema})
    return found


def _described(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.group],
        "summary": operation.summary,
        "responses": _responses(operation, schemas),
    }
    if varying := parameters(operation):
        described["parameters"] = varying
    if operation.takes:
        content = {"schema": schemas[operation.takes], "example": operation.example}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _responses(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    statuses = {**operation.answers, **ALWAYS, **(WITH_BODY if operation.takes else {})}
    responses: dict[str, Any] = {}
    for status, words in sorted(statuses.items()):
        responses[str(status)] = {"description": words}
        kind, media = (operation.gives, operation.media) if status in SUCCESS else (Error, "application/json")
        if kind:
            responses[str(status)]["content"] = {media: {"schema": schemas[kind]}}
    return responses


def own_version() -> str:
    """Zero where it runs from its sources without having been installed."""
    try:
        return version("roundtrip")
    except PackageNotFoundError:
        return "0"
