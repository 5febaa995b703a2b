"""Extension callouts: the list, the editor with its three tabs, switching and deleting."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.callouts.formats import FORMATS
from portal.callouts.signing import make_secret
from portal.clock import now
from portal.core.callouts import soap_namespace
from portal.core.problems import Invalid, NotFound
from portal.db.engine import db
from portal.db.services import services
from portal.desk import callout_checks, callouts
from portal.http import urls
from portal.models import Callout, Resource, Rule
from portal.models.people import EMAIL_SLOTS
from portal.web import once
from portal.web.access import actor, require_admin
from portal.web.finding import find
from portal.web.forms.callouts import MAKE, CalloutForm, form_of, recipients_entered, shown_recipients

blueprint = Blueprint("callouts", __name__, url_prefix="/admin/callouts")
blueprint.before_request(require_admin)

TABS = {"general": "General", "rules": "Workflow Rules", "notification": "Notification"}


@dataclass(frozen=True, slots=True)
class Address:
    """A tick of the Notification tab."""

    value: str
    email: str
    ticked: bool


@dataclass(frozen=True, slots=True)
class Namespace:
    """``state`` picks the sentence beside it: none, unknown, override, empty, whole or result."""

    text: str
    state: str


@blueprint.get("/")
def index() -> str:
    rows = db.session.scalars(select(Callout).order_by(Callout.name_key)).all()
    return render_template(
        "callouts/index.html",
        callouts=rows,
        rules=callouts.rule_counts(db.session()),
        waiting=callouts.waiting_counts(db.session()),
        skipped=callouts.skipped_counts(db.session()),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> str | Response | tuple[str, int]:
    return _editor(None)


@blueprint.route("/<int:callout_id>", methods=["GET", "POST"])
def edit(callout_id: int) -> str | Response | tuple[str, int]:
    return _editor(callout_id)


@blueprint.post("/<int:callout_id>/activate")
def activate(callout_id: int) -> Response:
    return _switch(callout_id, active=True)


@blueprint.post("/<int:callout_id>/deactivate")
def deactivate(callout_id: int) -> Response:
    return _switch(callout_id, active=False)


@blueprint.post("/<int:callout_id>/pause")
def pause(callout_id: int) -> Response:
    return _pause(callout_id, paused=True)


@blueprint.post("/<int:callout_id>/resume")
def resume(callout_id: int) -> Response:
    return _pause(callout_id, paused=False)


@blueprint.route("/<int:callout_id>/delete", methods=["GET", "POST"])
def delete(callout_id: int) -> str | Response | tuple[str, int]:
    """Ask first: the page says what is cancelled, or which rules are in the way."""
    if request.method == "GET":
        return _delete_page(callout_id)
    name = _load(callout_id).name
    try:
        cancelled = callouts.delete_callout(db.session(), callout_id, who=actor().name, now=now())
    except Invalid:
        db.session.rollback()
        return _delete_page(callout_id), 409
    except NotFound:
        abort(404)
    db.session.commit()
    ended = "" if not cancelled else f" {_deliveries(cancelled)} cancelled."
    flash(f"“{name}” was deleted.{ended} Its delivery history is kept.", "success")
    return redirect(url_for("callouts.index"))


def _editor(callout_id: int | None) -> str | Response | tuple[str, int]:
    callout = None if callout_id is None else _load(callout_id)
    form = form_of(db.session(), callout)
    problems: dict[str, str] = {}
    if request.method == "POST":
        try:
            return _save(callout_id, form)
        except Invalid as refused:
            problems = refused.problems
        db.session.rollback()
        callout = None if callout_id is None else _load(callout_id)
        form.show_problems(problems)
        if "" in problems and callout and callout.updated_at:
            # having been told once that somebody else was faster, the next save is meant
            form.seen.data = callout.updated_at.isoformat()
    page = _editor_page(form, callout, problems)
    return (page, 422) if problems else page


def _editor_page(form: CalloutForm, callout: Callout | None, problems: dict[str, str]) -> str:
    rules = callouts.rules_of_callout(db.session(), callout.id) if callout else []
    return render_template(
        "callouts/edit.html",
        form=form,
        callout=callout,
        problems=problems,
        namespace=_namespace(form, callout),
        filled=_filled(form),
        url_warning=_url_warning(callout),
        rules=rules,
        people=_people(callout),
        tabs=TABS,
        tab=_tab(problems),
        waiting=callouts.open_deliveries(db.session(), callout.id) if callout else 0,
        skipped=callouts.skipped_deliveries(db.session(), callout.id) if callout else 0,
    )


def _filled(form: CalloutForm) -> dict[str, object]:
    """Return what the help of the declared fields is filled in with."""
    settings = services().settings
    times = "1 time" if settings.resend_limit == 1 else f"{settings.resend_limit} times"
    return {
        "sent_as": urls.as_sent((form.url.data or "").strip()) or "it stands here",
        "original_schedule": f"every {settings.resend_seconds} seconds, up to {times}",
        "send_timeout": settings.send_timeout,
    }


def _save(callout_id: int | None, form: CalloutForm) -> str | Response:
    """Raises Invalid. A signing secret that was made is shown at once: it is written down nowhere else."""
    made = make_secret() if form.signing_action.data == MAKE else ""
    once.take(edits=callout_id is not None)
    try:
        stored = callouts.lock_callout(db.session(), callout_id) if callout_id else None
        saved = callouts.save_callout(
            db.session(),
            callout_id,
            form.values(stored),
            form.password_change(),
            encrypt=services().credentials.encrypt,
            allowed=services().settings.allowed,
            now=now(),
            seen=form.seen_at(),
            signing=form.signing_change(made),
        )
    except NotFound:
        abort(404)
    name, url = saved.name, saved.url
    unused = not callouts.rules_of_callout(db.session(), saved.id)
    once.commit(url_for(".edit", callout_id=saved.id))
    hint = " No workflow rule executes it yet, so it will never fire." if unused else ""
    flash(f"“{name}” was saved.{hint}", "success")
    for secret in form.ignored():
        flash(f"The {secret} that stood in its field was not taken, since “keep” was chosen.", "info")
    # a name may lead elsewhere tomorrow, so what it says now is no reason to refuse it
    if unreachable := urls.reach_warning(url, services().settings.allowed):
        flash(f"Nothing can be sent to “{name}” as it is now. {unreachable}", "warning")
    then = url_for("callouts.new" if request.form.get("then") == "new" else "callouts.index")
    if made:
        callout = _load(saved.id)
        return render_template("callouts/secret.html", callout=callout, secret=made, then=then)
    return redirect(then)


def _url_warning(callout: Callout | None) -> str | None:
    """Say what is wrong with a URL that was saved under older rules."""
    if callout is None:
        return None
    return urls.saving_problem(callout.url, callout.transport, services().settings.allowed)


def _switch(callout_id: int, *, active: bool) -> Response:
    _load(callout_id)
    try:
        callout = callouts.set_callout_active(db.session(), callout_id, active=active, now=now())
    except NotFound:
        abort(404)
    name, paused, waiting = callout.name, callout.paused, callouts.open_deliveries(db.session(), callout_id)
    db.session.commit()
    if active and paused:
        flash(f"“{name}” is active, but it is paused: nothing is sent until it is resumed.", "success")
    elif active:
        more = f" {_deliveries(waiting)} sent now." if waiting else ""
        flash(f"“{name}” is active.{more}", "success")
    else:
        more = f" {_deliveries(waiting)} kept until it is active again." if waiting else ""
        flash(f"“{name}” is inactive: it is never sent.{more}", "success")
    return redirect(url_for("callouts.index"))


def _pause(callout_id: int, *, paused: bool) -> Response:
    _load(callout_id)
    try:
        callout = callouts.set_callout_paused(db.session(), callout_id, paused=paused)
    except NotFound:
        abort(404)
    name, active, waiting = callout.name, callout.active, callouts.open_deliveries(db.session(), callout_id)
    db.session.commit()
    if paused:
        more = f" {_deliveries(waiting)} kept until then." if waiting else ""
        flash(f"“{name}” is paused: what its rules fire waits until it is resumed.{more}", "success")
    elif active:
        more = f" {_deliveries(waiting)} sent now." if waiting else ""
        flash(f"“{name}” is resumed.{more}", "success")
    else:
        flash(f"“{name}” is no longer paused, but it is inactive, so it is not sent.", "success")
    there = url_for("callouts.edit", callout_id=callout_id)
    return redirect(there if request.form.get("back") == "edit" else url_for("callouts.index"))


def _deliveries(count: int) -> str:
    return "One waiting delivery is" if count == 1 else f"{count:,} waiting deliveries are"


def _delete_page(callout_id: int) -> str:
    callout = _load(callout_id)
    rules: list[Rule] = callouts.rules_of_callout(db.session(), callout_id)
    waiting = callouts.open_deliveries(db.session(), callout_id)
    return render_template("callouts/delete.html", callout=callout, rules=rules, waiting=waiting)


def _load(callout_id: int) -> Callout:
    return find(Callout, callout_id)


def _namespace(form: CalloutForm, callout: Callout | None) -> Namespace:
    """Say which SOAP namespace would be sent; callout-editor.js says the same while one types."""
    values = callout_checks.cleaned(form.values(callout), callout)
    chosen = FORMATS.get(values.data_format)
    if chosen is None or "namespace_override" not in {each.name for each in chosen.settings}:
        return Namespace("", "none")
    text = soap_namespace(values.method_name, values.soap_action, values.namespace_override)
    if values.namespace_override:
        return Namespace(text, "override")
    if not values.method_name or not values.soap_action:
        return Namespace("", "unknown")
    return Namespace(text, "empty" if not text else "result" if text != values.soap_action else "whole")


def _tab(problems: dict[str, str]) -> str:
    """Open the tab with the first error, else the one that was asked for."""
    if problems:
        return "notification" if set(problems) == {"recipients"} else "general"
    asked = request.args.get("tab", "")
    return asked if asked in TABS else "general"


def _people(callout: Callout | None) -> list[tuple[Resource, dict[int, Address]]]:
    """List who can be notified: active resources with an address, and whoever is ticked already."""
    stored = shown_recipients(callout) if callout else set()
    ticked = recipients_entered() if request.method == "POST" else stored
    everyone = db.session.scalars(select(Resource).order_by(Resource.last_name, Resource.first_name))
    people = []
    for resource in everyone:
        addresses = {
            slot: Address(f"{resource.id}:{slot}", resource.email(slot), (resource.id, slot) in ticked)
            for slot in EMAIL_SLOTS
            if resource.email(slot) and (resource.active or (resource.id, slot) in stored)
        }
        if addresses:
            people.append((resource, addresses))
    return people
