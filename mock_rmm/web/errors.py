"""Errors in the words of who asked: JSON for the API, a page with a way on for a browser."""

from flask import Flask, Response, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

SENTENCES = {
    400: "The request can't be read.",
    404: "There is nothing at this address.",
    405: "This address doesn't take that method.",
    413: "That is too large.",
    415: "Send JSON, with Content-Type: application/json.",
    500: "The mock RMM made a mistake. Its log says more.",
}


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)


def _stale_form(error: CSRFError) -> tuple[str, int]:
    del error
    return render_template(
        "error.html",
        status=400,
        sentence="This form was out of date, so nothing was changed. Please try again.",
    ), 400


def _http_error(error: HTTPException) -> AnyResponse | tuple[Response | str, int]:
    status = error.code or 500
    if status in range(300, 400):
        return error.get_response()
    sentence = SENTENCES.get(status, error.description or error.name)
    if request.path.startswith("/api/"):
        return jsonify(error=sentence), status
    return render_template("error.html", status=status, sentence=sentence), status
