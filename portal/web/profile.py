"""My profile: one's own time zone and password."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.wrappers import Response as FlaskResponse
from flask_login import current_user, login_user
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from portal.core.problems import Invalid
from portal.desk import resources
from portal.desk.passwords import MIN_LENGTH
from portal.extensions import db, limiter
from portal.models.people import SECURITY_LEVELS
from portal.web.access import signed_in
from portal.web.forms.auth import PasswordForm, TimeZoneForm, zone_choices

blueprint = Blueprint("profile", __name__)

# whoever holds a stranger's session must not find the password by trying
GUESSES = "10 per minute; 50 per hour"
_REFUSED = 422


def _who() -> str:
    return f"profile|{current_user.get_id()}"


def _guessed(response: FlaskResponse) -> bool:
    return response.status_code == _REFUSED


@blueprint.get("/profile")
def edit() -> str:
    return _page(TimeZoneForm(obj=signed_in()), PasswordForm())


@blueprint.post("/profile/time-zone")
def time_zone() -> Response | tuple[str, int]:
    form = TimeZoneForm()
    try:
        resources.set_own_time_zone(db.session(), signed_in().id, form.time_zone.data or "")
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return _page(form, PasswordForm(formdata=None)), _REFUSED
    flash(f"Pages show times in {signed_in().time_zone} now.", "success")
    return redirect(url_for(".edit"))


@blueprint.post("/profile/password")
@limiter.limit(GUESSES, key_func=_who, deduct_when=_guessed)
def password() -> Response | tuple[str, int]:
    """Change one's password: this session stays, older ones elsewhere end."""
    form = PasswordForm()
    if not form.validate():
        return _password_page(form), _REFUSED
    try:
        resource = resources.change_own_password(
            db.session(), signed_in().id, form.current.data, form.password.data
        )
        db.session.commit()
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return _password_page(form), _REFUSED
    login_user(resource)
    flash("Your password was changed. You stay signed in here; other sessions have ended.", "success")
    return redirect(url_for(".edit"))


@blueprint.errorhandler(TooManyRequests)
def too_often(_error: TooManyRequests) -> tuple[str, int]:
    form = PasswordForm()
    form.show({"current": "There were too many wrong tries. Wait a minute, then try again."})
    return _password_page(form), 429


def _password_page(form: PasswordForm) -> str:
    return _page(TimeZoneForm(formdata=None, obj=signed_in()), form)


def _page(zone: TimeZoneForm, password: PasswordForm) -> str:
    zone.time_zone.choices = zone_choices(signed_in().time_zone)
    return render_template(
        "profile/edit.html",
        zone=zone,
        password=password,
        level=SECURITY_LEVELS[signed_in().security_level],
        min_length=MIN_LENGTH,
    )
