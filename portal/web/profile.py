"""My profile: a resource's own time zone, password and sessions."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.clock import now
from portal.core.problems import Invalid
from portal.db.engine import db
from portal.db.services import services
from portal.desk import resources, sessions
from portal.desk.passwords import MIN_LENGTH, Busy, hash_password
from portal.desk.signing_in import TooManyAttempts, check_own
from portal.models.people import SECURITY_LEVELS
from portal.web import once
from portal.web.access import session_id, signed_in
from portal.web.auth import begin_session, not_checked
from portal.web.forms.auth import PasswordForm, TimeZoneForm, zone_choices

blueprint = Blueprint("profile", __name__)

Answer = Response | tuple[str, int] | tuple[str, int, dict[str, str]]
_REFUSED = 422
# who has taken over a session must not find the password by guessing
_TOO_OFTEN = "There were too many wrong attempts. Wait {}, then try again."


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
def password() -> Answer:
    """Change the password: this session continues with a new token, the others end."""
    form = PasswordForm()
    if not form.validate():
        return _password_page(form), _REFUSED
    who, stored = signed_in().id, signed_in().password_hash
    once.take(edits=True)  # refuses a repeat at once; the form is accepted below
    db.session.rollback()  # argon2 is slow on purpose, and holds nobody up
    try:
        right = check_own(services(), who, stored, form.current.data)
        new = hash_password(form.password.data) if right else ""
        once.take(edits=True)
        resource = resources.change_own_password(db.session(), who, stored, new)
        begin_session(resource)
        once.commit(url_for(".edit"))
    except (TooManyAttempts, Busy) as held:
        sentence, status, headers = not_checked(held, _TOO_OFTEN)
        form.show({"current": sentence})
        return _password_page(form), status, headers
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return _password_page(form), _REFUSED
    flash("Your password was changed. You stay signed in here; other sessions have ended.", "success")
    return redirect(url_for(".edit"))


@blueprint.post("/profile/sessions/<int:number>/end")
def end_session(number: int) -> Response:
    """Sign out elsewhere."""
    if not sessions.end(db.session(), signed_in().id, number):
        abort(404)
    db.session.commit()
    flash("That session has ended.", "success")
    return redirect(url_for(".edit"))


@blueprint.post("/profile/sessions/end")
def end_other_sessions() -> Response:
    sessions.end_others(db.session(), signed_in().id, session_id())
    db.session.commit()
    flash("You are signed in here only; your other sessions have ended.", "success")
    return redirect(url_for(".edit"))


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
        sessions=sessions.of(db.session(), signed_in().id, services().settings, now()),
        this_session=session_id(),
    )
