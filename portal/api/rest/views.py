"""Where the REST API is reached, and how it tells of errors: a JSON object with the list ``errors``."""

from typing import NoReturn

from flask import Blueprint, Response, abort, jsonify
from werkzeug.exceptions import HTTPException

from portal.api.paths import METHODS
from portal.db.engine import csrf

_SENTENCES = {404: "There is nothing at this address. The web services of this portal are called by SOAP."}

blueprint = Blueprint("rest", __name__, url_prefix="/<anycase('ATServicesRest'):root>")
csrf.exempt(blueprint)


@blueprint.route("/", methods=METHODS, strict_slashes=False)
@blueprint.route("/<path:path>", methods=METHODS)
def unknown(**_parts: str) -> NoReturn:
    """Refuse what no other route of the REST API answers."""
    abort(404)


@blueprint.errorhandler(HTTPException)
def refuse(error: HTTPException) -> tuple[Response, int]:
    code = error.code or 500
    return jsonify(errors=[_SENTENCES.get(code, error.description)]), code
