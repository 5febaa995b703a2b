"""The JSON API's description, for programs, and as a page on which to try it."""

import json
from typing import Any

from flask import Blueprint, jsonify, render_template, request

from mock_rmm.openapi import OPERATIONS, Operation, document
from mock_rmm.web.json_input import Reply

blueprint = Blueprint("reference", __name__)


@blueprint.get("/api/openapi.json")
def openapi() -> Reply:
    return jsonify(document(request.url_root.rstrip("/")))


@blueprint.get("/api-reference")
def page() -> str:
    groups: dict[str, list[Operation]] = {}
    for operation in OPERATIONS:
        groups.setdefault(operation.group, []).append(operation)
    return render_template("reference.html", groups=groups, as_example=_as_example, url_root=request.url_root)


def _as_example(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)
