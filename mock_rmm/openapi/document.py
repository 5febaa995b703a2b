"""Puts the description together."""

from typing import Any

from mock_rmm.openapi.operation import Operation
from mock_rmm.openapi.operations import OPERATIONS
from mock_rmm.openapi.schemas import schemas
from mock_rmm.openapi.shapes import ref
from mock_rmm.version import own_version

SUCCESS = range(200, 300)
ALWAYS = {
    401: "The admin token is missing or wrong.",
    403: "Without an admin token the mock answers to loopback only.",
}
WITH_BODY = {413: "The body is too large.", 415: "The body isn't application/json."}


def document(server: str) -> dict[str, Any]:
    """The JSON API of the mock at this address, in OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _told(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mock RMM",
            "version": own_version(),
            "description": "Receivers for ticket callouts: what came, what should have come, and how they answer.",
        },
        "servers": [{"url": server}],
        "security": [{}, {"adminToken": []}],
        "tags": [{"name": group} for group in dict.fromkeys(each.group for each in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "securitySchemes": {
                "adminToken": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The value of MOCK_RMM_ADMIN_TOKEN; wanted where others can reach the mock.",
                }
            },
        },
    }


def _told(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.group],
        "summary": operation.summary,
        "responses": _responses(operation),
    }
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in operation.names
    ] + [
        {"name": name, "in": "query", "description": words, "schema": {"type": "string"}}
        for name, words in (operation.query or {}).items()
    ]
    if parameters:
        told["parameters"] = parameters
    if operation.takes:
        content = {"schema": ref(operation.takes), "example": operation.example}
        told["requestBody"] = {"required": True, "content": {"application/json": content}}
    return told


def _responses(operation: Operation) -> dict[str, Any]:
    statuses = {**operation.answers, **ALWAYS, **(WITH_BODY if operation.takes else {})}
    responses: dict[str, Any] = {}
    for status, words in sorted(statuses.items()):
        responses[str(status)] = {"description": words}
        schema = operation.gives if status in SUCCESS else "Error"
        if schema:
            media = operation.media if status in SUCCESS else "application/json"
            responses[str(status)]["content"] = {media: {"schema": ref(schema)}}
    return responses
