"""What the routes of the JSON API share: how an object comes in, and how a wrong one is refused."""

from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import UnsupportedMediaType

from mock_rmm.problems import Problems

MOST_BYTES = 1024 * 1024

Reply = Response | tuple[Response, int]


def limit(blueprint: Blueprint) -> None:
    """Refuse bodies that are too large."""
    blueprint.before_request(_limit)


def _limit() -> None:
    request.max_content_length = MOST_BYTES


def given_object() -> dict[str, Any] | None:
    """The JSON object that was sent. Only as application/json: a browser sends that nowhere without asking."""
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        given = request.get_json()
    except RecursionError:
        return None  # a hundred thousand brackets, or so
    return given if isinstance(given, dict) else None


def not_an_object() -> Reply:
    return jsonify(error="Send a JSON object."), 400


def wrong(problems: Problems) -> Reply:
    return jsonify(error="Some values are missing or wrong; see fields.", fields=problems), 400
