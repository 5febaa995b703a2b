"""Signing in and out. Failed attempts delay the next ones, for an account and for where they come from."""

import secrets

import structlog
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_login import current_user, login_user, logout_user
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from portal.clock import now
from portal.db.engine import db
from portal.db.services import services
from portal.desk import sessions
from portal.desk.passwords import Busy
from portal.desk.signing_in import Account, Caller, TooManyAttempts, account_key, check
from portal.models import Resource
from portal.models.people import API_USER
from portal.web.access import session_id, signed_in
from portal.web.forms.auth import SignInForm
from portal.web.security import split

blueprint = Blueprint("auth", __name__)
log = structlog.get_logger("web")

Answer = Response | str | tuple[str, int] | tuple[str, int, dict[str, str]]
# Names the accounts that signed in from this browser, so that attempts from elsewhere don't delay them.
DEVICE_COOKIE = "roundtrip_device"
_DEVICE_SECONDS = 180 * 86_400
_MOST_ACCOUNTS = 8
_WRONG = "The user name or the password is not right. Check both, and that Caps Lock is off."
_TOO_OFTEN = (
    "There were too many failed attempts. Wait {}, then try again. "
    "If you have forgotten your password, an administrator can set a new one."
)
_BUSY = (
    "Many people are signing in right now, so your password was not checked. Wait a moment, then try again."
)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> Answer:
    if current_user.is_authenticated:
        return redirect(_local_path(request.args.get("next", "")))
    form = SignInForm()
    if not form.is_submitted():
        form.next.data = request.args.get("next", "")
        return render_template("auth/sign_in.html", form=form)
    if not form.validate():
        return _refused(form)
    try:
        account = check(
            services(), db.engine, form.user_name.data, form.password.data, _caller(form.user_name.data)
        )
    except (TooManyAttempts, Busy) as held:
        return _refused(form, *not_checked(held, _TOO_OFTEN))
    if account and account.security_level == API_USER:
        return _refused(form, "This account is for the API only. Sign in with an account of your own.")
    if account is None or not _start_session(account):
        # not the user name: people type their password there
        log.info("sign_in_failed", address=request.remote_addr)
        return _refused(form, _WRONG)
    log.info("signed_in", by=account.id, address=request.remote_addr)
    response = redirect(_local_path(form.next.data or ""))
    _remember_account(response, form.user_name.data)
    return response


@blueprint.post("/sign-out")
def sign_out() -> Response:
    sessions.end(db.session(), signed_in().id, session_id())
    db.session.commit()
    logout_user()
    session.clear()
    flash("You have signed out.", "success")
    return redirect(url_for("auth.sign_in"))


def not_checked(held: TooManyAttempts | Busy, too_often: str) -> tuple[str, int, dict[str, str]]:
    """Return the sentence, status and headers for a password that was not checked."""
    headers = {"Retry-After": str(held.seconds)}
    if isinstance(held, Busy):
        return _BUSY, 503, headers
    log.info("tries_held_up", address=request.remote_addr, seconds=held.seconds)
    return too_often.format("1 second" if held.seconds == 1 else f"{held.seconds} seconds"), 429, headers


def begin_session(resource: Resource) -> None:
    """Sign a resource in from this browser. The caller commits."""
    token = sessions.begin(
        db.session(),
        resource,
        services().settings,
        now(),
        address=request.remote_addr or "",
        user_agent=request.user_agent.string,
    )
    login_user(resource)
    # the token that portal.web.access receives, instead of an id that can be guessed
    session["_user_id"] = token


def _start_session(account: Account) -> bool:
    resource = sessions.sign_in(db.session(), account, now())
    if resource is None:
        db.session.rollback()
        return False
    # against session fixation
    session.clear()
    session.permanent = True
    begin_session(resource)
    db.session.commit()
    return True


def _refused(
    form: SignInForm, sentence: str = "", status: int = 422, headers: dict[str, str] | None = None
) -> Answer:
    if sentence:
        form.show({"": sentence})
    return render_template("auth/sign_in.html", form=form), status, headers or {}


def _caller(user_name: str) -> Caller:
    device, accounts = _device()
    known = account_key(services(), user_name) in accounts
    return Caller(request.remote_addr or "", device if known else "")


def _remember_account(response: Response, user_name: str) -> None:
    device, accounts = _device()
    key = account_key(services(), user_name)
    kept = [key, *(each for each in accounts if each != key)][:_MOST_ACCOUNTS]
    config = current_app.config
    response.set_cookie(
        DEVICE_COOKIE,
        _serializer().dumps([device or secrets.token_hex(16), *kept]),
        max_age=_DEVICE_SECONDS,
        path=url_for("auth.sign_in"),
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _device() -> tuple[str, list[str]]:
    """Return this browser's device id and its accounts; both are empty for a new browser."""
    try:
        device, *accounts = _serializer().loads(
            request.cookies.get(DEVICE_COOKIE, ""), max_age=_DEVICE_SECONDS
        )
    except BadData:
        return "", []
    return device, accounts


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(services().settings.secret_key, salt="device")


def _local_path(path: str) -> str:
    """Return ``path`` if it leads to a page of the portal, otherwise the path of Home."""
    parts = split(path.replace("\\", "/"))
    ours = parts.path.startswith("/") and not parts.scheme and not parts.netloc and path.isprintable()
    return path if ours and not path.startswith(("//", "/\\")) else url_for("home.index")
