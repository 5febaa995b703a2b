"""Lists: the values that ticket fields choose from. One page a list."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.core.problems import Invalid, NotFound
from portal.core.tickets import LISTS
from portal.db.engine import db
from portal.desk import lists
from portal.models import PicklistValue
from portal.web import once
from portal.web.access import require_admin
from portal.web.finding import find
from portal.web.forms.lists import ListForm, list_form

blueprint = Blueprint("lists", __name__, url_prefix="/admin/lists")
blueprint.before_request(require_admin)

Answer = Response | str | tuple[str, int]
LEADS: dict[str, str] = {
    "status": "How far a ticket is. Callouts send the label: after renaming one, check what receivers expect.",
    "priority": "How soon a ticket is to be worked on.",
    "queue": "Where tickets wait for a technician.",
    "source": "How a ticket came in.",
    "ticket_type": "What kind of work a ticket is.",
}


@blueprint.get("")
def index() -> str:
    rows = db.session.scalars(select(PicklistValue).order_by(PicklistValue.sort, PicklistValue.label)).all()
    values = {name: [row for row in rows if row.list_name == name] for name in LISTS}
    return render_template("lists/index.html", lists=LISTS, leads=LEADS, values=values)


@blueprint.route("/<list_name>", methods=["GET", "POST"])
def edit(list_name: str) -> Answer:
    rows = _rows(list_name)
    form = list_form(rows)
    if not form.is_submitted():
        return _page(list_name, form, rows)
    problems = _save(list_name, form)
    if problems:
        db.session.rollback()
        form.show(problems)
        return _page(list_name, form, _rows(list_name)), 422
    return redirect(url_for(".edit", list_name=list_name))


@blueprint.route("/<list_name>/<int:row_id>/delete", methods=["GET", "POST"])
def delete(list_name: str, row_id: int) -> Answer:
    """Ask for confirmation; the page says what prevents it."""
    row = find(PicklistValue, row_id)
    if row.list_name != list_name:
        abort(404)
    if request.method == "GET":
        return _delete_page(row)
    try:
        label = lists.delete_value(db.session(), list_name, row_id)
        db.session.commit()
    except NotFound:
        abort(404)
    except Invalid:
        db.session.rollback()
        return _delete_page(row), 409
    flash(f"“{label}” was deleted.", "success")
    return redirect(url_for(".edit", list_name=list_name))


def _rows(list_name: str) -> list[PicklistValue]:
    if list_name not in LISTS:
        abort(404)
    query = select(PicklistValue).filter_by(list_name=list_name)
    return list(db.session.scalars(query.order_by(PicklistValue.sort, PicklistValue.label)))


def _save(list_name: str, form: ListForm) -> dict[str, str]:
    """Save the rows and the new value together; return the problems."""
    problems: dict[str, str] = {}
    changed, label = 0, ""
    try:
        once.take(edits=True)
        changed = lists.save_list(
            db.session(), list_name, form.edits(lists.lock_list(db.session(), list_name))
        )
    except Invalid as refused:
        problems |= refused.problems
    try:
        if added := form.added():
            label = lists.add_value(db.session(), list_name, *added).label
    except Invalid as refused:
        problems |= {
            f"new:{name}" if name in {"label", "value"} else name: sentence
            for name, sentence in refused.problems.items()
        }
    if not problems:
        once.commit(url_for(".edit", list_name=list_name))
        saved = "The list was saved." if changed or not label else ""
        flash(" ".join(filter(None, (saved, f"“{label}” was added." if label else ""))), "success")
    return problems


def _page(list_name: str, form: ListForm, rows: list[PicklistValue]) -> str:
    uses = lists.uses_of(db.session(), list_name)
    return render_template(
        "lists/edit.html",
        form=form,
        # a value that was added meanwhile has no fields on this page
        rows=[row for row in rows if f"label_{row.id}" in form],
        title=LISTS[list_name][0],
        lead=LEADS[list_name],
        list_name=list_name,
        tickets={value: use.tickets for value, use in uses.items()},
        kept={row.id: lists.why_kept(row, uses.get(row.value, lists.Uses())) for row in rows},
        needed={row.id: lists.why_active(row) for row in rows},
        max_label=lists.MAX_LABEL,
    )


def _delete_page(row: PicklistValue) -> str:
    uses = lists.uses_of(db.session(), row.list_name).get(row.value, lists.Uses())
    reason = lists.why_kept(row, uses)
    return render_template(
        "delete.html",
        name=row.label,
        reason=f"“{row.label}” can't be deleted: {reason}" if reason else "",
        text="No ticket has it, and no workflow rule uses it. Once deleted, it is gone for good.",
        back=url_for(".edit", list_name=row.list_name),
        list_title=LISTS[row.list_name][0],
        inactivate="",
    )
