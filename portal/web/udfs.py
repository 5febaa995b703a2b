"""User-defined fields: the list, the editor, switching and deleting."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.core.problems import Invalid, NotFound
from portal.db.engine import db
from portal.desk import udfs
from portal.models import Udf
from portal.models.udf import LIST, UDF_TYPES
from portal.web import once
from portal.web.access import require_admin
from portal.web.finding import find
from portal.web.forms.udfs import UdfForm, udf_form

blueprint = Blueprint("udfs", __name__, url_prefix="/admin/udfs")
blueprint.before_request(require_admin)

Answer = Response | str | tuple[str, int]


@blueprint.get("")
def index() -> str:
    rows = db.session.scalars(select(Udf).order_by(Udf.name_key)).all()
    return render_template(
        "udfs/index.html",
        udfs=rows,
        uses=udfs.uses_of(db.session(), [each.id for each in rows]),
        types=UDF_TYPES,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Answer:
    return _edit(None)


@blueprint.route("/<int:udf_id>", methods=["GET", "POST"])
def edit(udf_id: int) -> Answer:
    return _edit(find(Udf, udf_id))


@blueprint.post("/<int:udf_id>/activate")
def activate(udf_id: int) -> Response:
    return _switch(udf_id, active=True)


@blueprint.post("/<int:udf_id>/deactivate")
def deactivate(udf_id: int) -> Response:
    return _switch(udf_id, active=False)


@blueprint.route("/<int:udf_id>/delete", methods=["GET", "POST"])
def delete(udf_id: int) -> Answer:
    """Ask for confirmation; the page says what prevents it."""
    udf = find(Udf, udf_id)
    if request.method == "GET":
        return _delete_page(udf)
    try:
        name = udfs.delete_udf(db.session(), udf_id)
        db.session.commit()
    except NotFound:
        abort(404)
    except Invalid:
        db.session.rollback()
        return _delete_page(udf), 409
    flash(f"“{name}” was deleted.", "success")
    return redirect(url_for(".index"))


def _edit(udf: Udf | None) -> Answer:
    form = udf_form(udf)
    if not form.is_submitted():
        return _page(form, udf)
    was_active = udf is not None and udf.active
    try:
        once.take(edits=udf is not None)
        stored = udfs.lock_udf(db.session(), udf.id) if udf else None
        saved = udfs.save_udf(db.session(), stored.id if stored else None, form.values(stored))
        once.commit(url_for(".edit", udf_id=saved.id))
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return _page(form, udf), 422
    if was_active and not saved.active:
        _flash_inactive(saved)
    else:
        flash(f"“{saved.name}” was saved.{_kept(saved)}", "success")
    return redirect(url_for(".new" if request.form.get("then") == "new" else ".index"))


def _page(form: UdfForm, udf: Udf | None) -> str:
    uses = udfs.uses_of(db.session(), [udf.id])[udf.id] if udf else udfs.Uses()
    return render_template(
        "udfs/edit.html",
        form=form,
        udf=udf,
        uses=uses,
        type_lock=udfs.type_lock(uses),
        kept=udfs.kept_options(db.session(), udf) if udf and udf.type == LIST else {},
        list_type=LIST,
    )


def _delete_page(udf: Udf) -> str:
    return render_template(
        "delete.html",
        name=udf.name,
        reason=udfs.why_kept(db.session(), udf),
        text="No ticket has a value in it, and no callout or rule uses it. Once deleted, it is gone for good.",
        back=url_for(".index"),
        list_title="User-defined fields",
        inactivate=url_for(".deactivate", udf_id=udf.id) if udf.active else "",
    )


def _switch(udf_id: int, *, active: bool) -> Response:
    find(Udf, udf_id)
    udf = udfs.set_udf_active(db.session(), udf_id, active=active)
    db.session.commit()
    if active:
        flash(f"“{udf.name}” is active: it is on the ticket form.", "success")
    else:
        _flash_inactive(udf)
    return redirect(url_for(".index"))


def _flash_inactive(udf: Udf) -> None:
    """Say what still uses a field that was just deactivated: callouts and rules go on reading it."""
    uses = udfs.uses_of(db.session(), [udf.id])[udf.id]
    kept = " Its values are kept." if uses.tickets else ""
    still = uses.by_whom()
    warning = f" But {still}, which will not apply to tickets without a value from now on." if still else ""
    flash(
        f"“{udf.name}” is inactive: it has left the ticket form.{kept}{warning}",
        "warning" if still else "success",
    )


def _kept(udf: Udf) -> str:
    """Say which removed options tickets still have."""
    kept = udfs.kept_options(db.session(), udf)
    if not kept:
        return ""
    options = ", ".join(f"“{option}” ({count:,})" for option, count in list(kept.items())[:5])
    return f" No longer offered, but still on tickets: {options}{', …' if len(kept) > 5 else ''}."  # noqa: PLR2004
