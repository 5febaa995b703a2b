"""Companies: the list, the editor, switching and deleting."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.core.problems import Invalid, NotFound
from portal.core.texts import fold_name
from portal.db.engine import db
from portal.desk import companies
from portal.models import Company
from portal.web import once
from portal.web.access import require_admin
from portal.web.finding import find
from portal.web.forms.companies import CompanyForm
from portal.web.paging import paginate

blueprint = Blueprint("companies", __name__, url_prefix="/admin/companies")
blueprint.before_request(require_admin)

Answer = Response | str | tuple[str, int]


@blueprint.get("")
def index() -> str:
    text = request.args.get("q", "").replace("\x00", "").strip()[:200]
    query = select(Company).order_by(Company.name_key, Company.id)
    if text:
        query = query.where(Company.name_key.contains(fold_name(text), autoescape=True))
    page = paginate(db.session(), query)
    return render_template(
        "companies/index.html",
        page=page,
        text=text,
        counts=companies.ticket_counts(db.session(), [each.id for each in page.rows]),
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Answer:
    return _edit(None)


@blueprint.route("/<int:company_id>", methods=["GET", "POST"])
def edit(company_id: int) -> Answer:
    return _edit(find(Company, company_id))


@blueprint.post("/<int:company_id>/activate")
def activate(company_id: int) -> Response:
    return _switch(company_id, active=True)


@blueprint.post("/<int:company_id>/deactivate")
def deactivate(company_id: int) -> Response:
    return _switch(company_id, active=False)


@blueprint.route("/<int:company_id>/delete", methods=["GET", "POST"])
def delete(company_id: int) -> Answer:
    """Ask for confirmation; the page says what prevents it."""
    company = find(Company, company_id)
    if request.method == "GET":
        return _delete_page(company)
    try:
        name = companies.delete_company(db.session(), company_id)
        db.session.commit()
    except NotFound:
        abort(404)
    except Invalid:
        db.session.rollback()
        return _delete_page(company), 409
    flash(f"“{name}” was deleted.", "success")
    return redirect(url_for(".index"))


def _edit(company: Company | None) -> Answer:
    form = CompanyForm(obj=company)
    if not form.is_submitted():
        return _page(form, company)
    try:
        once.take(edits=company is not None)
        stored = companies.lock_company(db.session(), company.id) if company else None
        name, active = form.values(stored)
        saved = companies.save_company(db.session(), stored.id if stored else None, name, active=active)
        once.commit(url_for(".edit", company_id=saved.id))
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return _page(form, company), 422
    flash(f"“{saved.name}” was saved.", "success")
    return redirect(url_for(".new" if request.form.get("then") == "new" else ".index"))


def _page(form: CompanyForm, company: Company | None) -> str:
    count = companies.ticket_counts(db.session(), [company.id]).get(company.id, 0) if company else 0
    return render_template("companies/edit.html", form=form, company=company, count=count)


def _delete_page(company: Company) -> str:
    return render_template(
        "delete.html",
        name=company.name,
        reason=companies.why_kept(db.session(), company),
        text="No ticket names it, and no workflow rule uses it. Once deleted, it is gone for good.",
        back=url_for(".index"),
        list_title="Companies",
        inactivate=url_for(".deactivate", company_id=company.id) if company.active else "",
    )


def _switch(company_id: int, *, active: bool) -> Response:
    find(Company, company_id)
    company = companies.set_company_active(db.session(), company_id, active=active)
    db.session.commit()
    more = "is active." if active else "is inactive: it is no longer offered for tickets. Its own stay."
    flash(f"“{company.name}” {more}", "success")
    return redirect(url_for(".index"))
