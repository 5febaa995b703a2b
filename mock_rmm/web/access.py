"""Who may use the pages and the JSON API.

With MOCK_RMM_ADMIN_TOKEN: whoever has it, as a Bearer token or by signing in. Without, the mock is on loopback,
and only requests that were addressed to loopback are taken: otherwise a page on some website could point a name of its
own here and use the mock through the visitor's browser.
"""

import hmac
from urllib.parse import urlsplit

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import PasswordField
from wtforms.validators import InputRequired

from mock_rmm.rmm import current_rmm
from mock_rmm.settings import is_loopback

blueprint = Blueprint("access", __name__)

SIGNED_IN = "signed_in"
OPEN = {"static", "bootstrap.static", "access.sign_in", "access.sign_out", "health.ok"}
BEARER = "bearer"


class SignInForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    token = PasswordField("Admin token", [InputRequired("Enter the value of MOCK_RMM_ADMIN_TOKEN.")])


def guard(app: Flask) -> None:
    app.before_request(_check)


def _check() -> Response | tuple[Response, int] | None:
    if request.endpoint in OPEN or request.blueprint == "endpoints":
        return None
    token = current_rmm().settings.admin_token
    if not token:
        sentence = "Without MOCK_RMM_ADMIN_TOKEN the mock RMM answers only to 127.0.0.1, ::1 and localhost."
        return None if _addressed_to_loopback() else (jsonify(error=sentence), 403)
    if session.get(SIGNED_IN) or _bears(token):
        return None
    if request.path.startswith("/api/"):
        sentence = "Send the header 'Authorization: Bearer' with the value of MOCK_RMM_ADMIN_TOKEN."
        response = jsonify(error=sentence)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response, 401
    return redirect(url_for("access.sign_in"))


def _bears(token: str) -> bool:
    given = request.authorization
    return given is not None and given.type == BEARER and _same(given.token, token)


def _same(given: str | None, token: str) -> bool:
    return hmac.compare_digest((given or "").encode(), token.encode())


def _addressed_to_loopback() -> bool:
    try:
        return is_loopback(urlsplit(f"//{request.host}").hostname or "")
    except ValueError:
        return False


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response:
    token = current_rmm().settings.admin_token
    form = SignInForm()
    if not token or session.get(SIGNED_IN):
        return redirect(url_for("pages.home"))
    if form.validate_on_submit():
        if _same(form.token.data, token):
            session[SIGNED_IN] = True
            return redirect(url_for("pages.home"))
        form.token.errors = ["This isn't the admin token. It is the value of MOCK_RMM_ADMIN_TOKEN."]
    return render_template("sign_in.html", form=form)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    session.clear()
    flash("Signed out.")
    return redirect(url_for("access.sign_in"))
