"""Says that the mock RMM is up; open to all."""

from flask import Blueprint, Response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def ok() -> Response:
    return Response("ok", content_type="text/plain; charset=utf-8")
