"""Signing in and out. Failed tries are throttled by address and user name, and by address alone."""

import structlog
from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as BaseResponse

from portal.clock import now
from portal.desk.passwords import authenticate
from portal.extensions import db, limiter
from portal.models import Resource
from portal.models.people import API_USER, fold_user_name
from portal.web.forms.auth import SignInForm
from portal.web.security import split

blueprint = Blueprint("auth", __name__)
log = structlog.get_logger("web")

PAIR_LIMIT = "10 per minute; 50 per hour"
ADDRESS_LIMIT = "60 per minute; 300 per hour"
_TOO_OFTEN = (
    "There were too many failed tries, so signing in is held up for a while. Wait a minute, then try again. "
    "If you have forgotten your password, an administrator can set a new one."
)


def _address_and_user_name() -> str:
    return f"{get_remote_address()}|{fold_user_name(request.form.get('user_name', ''))[:100]}"


def _failed(response: Response) -> bool:
    return response.status_code != 302  # noqa: PLR2004 - only a success redirects


@blueprint.route("/sign-in", methods=["GET", "POST"])
@limiter.limit(ADDRESS_LIMIT, methods=["POST"], deduct_when=_failed)
@limiter.limit(PAIR_LIMIT, key_func=_address_and_user_name, methods=["POST"], deduct_when=_failed)
def sign_in() -> BaseResponse | str | tuple[str, int]:
    if current_user.is_authenticated:
        return redirect(_local_path(request.args.get("next", "")))
    form = SignInForm()
    if not form.is_submitted():
        form.next.data = request.args.get("next", "")
        return render_template("auth/sign_in.html", form=form)
    if not form.validate():
        return render_template("auth/sign_in.html", form=form), 422
    resource = authenticate(db.session(), form.user_name.data, form.password.data)
    if resource is None:
        # not the user name: people type their password there
        log.info("sign_in_failed", address=request.remote_addr)
        form.show({"": "The user name or the password is not right. Check both, and that Caps Lock is off."})
        return render_template("auth/sign_in.html", form=form), 422
    if resource.security_level == API_USER:
        form.show({"": "This account is for the API only. Sign in with an account of your own."})
        return render_template("auth/sign_in.html", form=form), 422
    _start_session(resource)
    log.info("signed_in", by=resource.id, address=request.remote_addr)
    return redirect(_local_path(form.next.data or ""))


@blueprint.errorhandler(TooManyRequests)
def too_often(_error: TooManyRequests) -> tuple[str, int]:
    form = SignInForm()
    form.show({"": _TOO_OFTEN})
    return render_template("auth/sign_in.html", form=form), 429


@blueprint.post("/sign-out")
def sign_out() -> BaseResponse:
    logout_user()
    session.clear()
    flash("You have signed out.", "success")
    return redirect(url_for("auth.sign_in"))


def _start_session(resource: Resource) -> None:
    # a session that somebody planted before the sign-in must not become this resource's
    session.clear()
    session.permanent = True
    resource.last_sign_in = now()
    db.session.commit()
    login_user(resource)


def _local_path(path: str) -> str:
    """Give ``path`` if it leads to a page of ours, and home if it leads anywhere else."""
    parts = split(path.replace("\\", "/"))
    ours = parts.path.startswith("/") and not parts.scheme and not parts.netloc and path.isprintable()
    return path if ours and not path.startswith(("//", "/\\")) else url_for("home.index")
