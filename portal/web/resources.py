"""Resources: the list with its filters, the editor, and switching them on and off."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Select, or_, select
from werkzeug.wrappers import Response

from portal.core.problems import Invalid, NotFound
from portal.core.texts import fold
from portal.db.engine import db
from portal.desk import resources
from portal.desk.passwords import MIN_LENGTH, Busy, hash_password, password_problem
from portal.models import Callout, Resource
from portal.models.base import holds
from portal.models.people import SECURITY_LEVELS
from portal.web import once
from portal.web.access import require_admin, signed_in
from portal.web.finding import find
from portal.web.forms.resources import ADDRESS_FIELDS, ResourceForm, resource_form
from portal.web.paging import paginate

blueprint = Blueprint("resources", __name__, url_prefix="/admin/resources")
blueprint.before_request(require_admin)

Answer = Response | str | tuple[str, int]
SORTS: dict[str, tuple[Any, ...]] = {
    "name": (Resource.name_fold,),
    "user": (Resource.user_name_key,),
    "level": (Resource.security_level,),
    "seen": (Resource.last_sign_in.is_not(None), Resource.last_sign_in),
}
ACTIVE = {"yes": "Active", "no": "Inactive"}


@blueprint.get("")
def index() -> str:
    asked = {name: request.args.get(name, "") for name in ("q", "active", "level", "sort")}
    asked["q"] = asked["q"].replace("\x00", "").strip()[:200]
    asked["sort"] = asked["sort"] if asked["sort"].removeprefix("-") in SORTS else "name"
    return render_template(
        "resources/index.html",
        page=paginate(db.session(), _query(asked)),
        asked=asked,
        levels=SECURITY_LEVELS,
        actives=ACTIVE,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Answer:
    return _edit(None)


@blueprint.route("/<int:resource_id>", methods=["GET", "POST"])
def edit(resource_id: int) -> Answer:
    return _edit(find(Resource, resource_id))


@blueprint.post("/<int:resource_id>/activate")
def activate(resource_id: int) -> Response:
    return _switch(resource_id, active=True)


@blueprint.post("/<int:resource_id>/deactivate")
def deactivate(resource_id: int) -> Response:
    return _switch(resource_id, active=False)


def _query(asked: dict[str, str]) -> Select[Resource]:
    query = select(Resource)
    if asked["active"] in ACTIVE:
        query = query.where(Resource.active == (asked["active"] == "yes"))
    if asked["level"] in SECURITY_LEVELS:
        query = query.where(Resource.security_level == asked["level"])
    if text := asked["q"]:
        emails = (Resource.email1, Resource.email2, Resource.email3)
        names = (Resource.name_fold, Resource.user_name_key)
        in_names = (column.contains(fold(text), autoescape=True) for column in names)
        query = query.where(or_(*in_names, *(holds(column, text) for column in emails)))
    down = asked["sort"].startswith("-")
    columns = SORTS[asked["sort"].removeprefix("-")]
    return query.order_by(*(column.desc() if down else column for column in columns), Resource.id)


def _edit(resource: Resource | None) -> Answer:
    form = resource_form(resource)
    if not form.is_submitted():
        return _page(form, resource)
    saved = _saved(form, resource)
    if saved is None:
        return _page(form, resource), 422
    name = saved.resource.name
    flash(f"“{name}” was saved.{_unticked(saved.unticked)}", "warning" if saved.unticked else "success")
    return redirect(url_for(".new" if request.form.get("then") == "new" else ".index"))


def _saved(form: ResourceForm, resource: Resource | None) -> resources.Saved | None:
    """Save and commit; on a refusal show the problems beside their fields and return None."""
    problems = form.again_problem()
    saved = None
    try:
        password_hash = _hashed(form.password.data or "")
        once.take(edits=resource is not None)
        stored = resources.lock_for_edit(db.session(), resource.id) if resource else None
        values = form.values(stored, oneself=_is_oneself(resource))
        saved = resources.save_resource(
            db.session(),
            stored.id if stored else None,
            values,
            by=signed_in().id,
            password_hash=password_hash,
        )
    except Busy:
        problems |= {"password": "The portal is busy with other passwords. Wait a moment, then save again."}
    except Invalid as refused:
        problems |= refused.problems
    if problems or saved is None:
        db.session.rollback()
        form.show_problems(problems)
        return None
    once.commit(url_for(".edit", resource_id=saved.resource.id))
    return saved


def _hashed(password: str) -> str:
    """Hash an acceptable password: outside the transaction, since argon2 is slow on purpose."""
    if not password or password_problem(password):
        return ""
    db.session.rollback()
    return hash_password(password)


def _is_oneself(resource: Resource | None) -> bool:
    return resource is not None and resource.id == signed_in().id


def _page(form: ResourceForm, resource: Resource | None) -> str:
    notified_by = resources.callouts_by_slot(db.session(), resource.id) if resource else {}
    return render_template(
        "resources/edit.html",
        form=form,
        resource=resource,
        oneself=_is_oneself(resource),
        addresses=[(form[name], notified_by.get(slot, [])) for slot, name in ADDRESS_FIELDS.items()],
        min_length=MIN_LENGTH,
    )


def _switch(resource_id: int, *, active: bool) -> Response:
    find(Resource, resource_id)
    try:
        resource = resources.set_resource_active(db.session(), resource_id, active=active, by=signed_in().id)
        db.session.commit()
    except NotFound:
        abort(404)
    except Invalid as refused:
        db.session.rollback()
        flash(refused.problems[""], "error")
        return redirect(url_for(".index"))
    if active:
        flash(f"“{resource.name}” is active.", "success")
    else:
        flash(
            f"“{resource.name}” is inactive: they can't sign in, and extension callouts no longer notify them. "
            "Tickets stay assigned to them.",
            "success",
        )
    return redirect(url_for(".index"))


def _unticked(callouts: list[Callout]) -> str:
    if not callouts:
        return ""
    names = ", ".join(f"“{each.name}”" for each in callouts)
    them = "The extension callout" if len(callouts) == 1 else "These extension callouts"
    notify = "no longer notifies" if len(callouts) == 1 else "no longer notify"
    return f" {them} {notify} the address that was emptied: {names}."
