"""The page one starts from, and the answer for whoever watches the portal."""

from flask import Blueprint, Response, render_template

blueprint = Blueprint("home", __name__)


@blueprint.get("/")
def index() -> str:
    return render_template("home/index.html")


@blueprint.get("/healthz")
def health() -> Response:
    return Response("ok", mimetype="text/plain")
