"""The JSON API's routes, made of its operations."""

from collections.abc import Callable
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import UnsupportedMediaType

from mock_rmm.api.operation import Operation, Reply, refusal, wrong
from mock_rmm.api.operations import OPERATIONS
from mock_rmm.api.reading import read, read_query

MOST_BYTES = 1024 * 1024

blueprint = Blueprint("api", __name__)


@blueprint.before_request
def limit() -> None:
    request.max_content_length = MOST_BYTES


def _view(operation: Operation) -> Callable[..., Response]:
    def view(**varying: Any) -> Response:
        inputs = list(varying.values())
        if operation.query is not None:
            inputs.append(read_query(operation.query, request.args))
        if operation.takes is not None:
            sent = _sent()
            if not isinstance(sent, dict):
                return _response(refusal(400, "Send a JSON object."))
            inputs.append(read(operation.takes, sent))
        if inputs and isinstance(inputs[-1], dict):
            return _response(wrong(inputs[-1]))
        return _response(operation.handler(*inputs))

    return view


def _sent() -> Any:
    """The JSON that was sent. Only as application/json: a browser sends that nowhere without asking."""
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        return request.get_json()
    except RecursionError:
        return None  # a hundred thousand brackets, or so


def _response(answer: Any) -> Response:
    match answer:
        case Response():
            return answer
        case None:
            return Response(status=204)
        case Reply():
            response = _response(answer.answer)
            response.status_code = answer.status
            response.headers.update(answer.headers)
            return response
        case _:
            return jsonify(msgspec.to_builtins(answer))


for _operation in OPERATIONS:
    _path = _operation.path.replace("{id}", "<int:id>").replace("{", "<").replace("}", ">")
    blueprint.add_url_rule(_path, _operation.id, _view(_operation), methods=[_operation.method])
