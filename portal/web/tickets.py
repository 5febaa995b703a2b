"""Tickets: the list, one ticket with its activity and its callouts, and the forms that change it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.clock import now
from portal.core.problems import Invalid
from portal.core.tickets import COMPLETE
from portal.db.engine import db
from portal.desk.ticket_work import add_note, complete_ticket, create_ticket, edit_ticket
from portal.models import Company, PicklistValue, Ticket
from portal.queries import ticket_search, timeline
from portal.queries.ticket_search import ALL, DEFAULT_SORT, OPEN, SORTS, Search
from portal.web import once
from portal.web.access import context
from portal.web.finding import find, number_or_none
from portal.web.forms.tickets import LIMITS, NoteForm, TicketForm, ticket_form
from portal.web.paging import paginate
from portal.web.presenting.labels import label, status_looks

blueprint = Blueprint("tickets", __name__, url_prefix="/tickets")
Answer = Response | str | tuple[str, int]


@blueprint.app_context_processor
def words() -> dict[str, Callable[..., object]]:
    return {"list_label": label, "status_looks": status_looks}


@blueprint.get("")
def index() -> str:
    search = _search()
    found = ticket_search.query_of(search)
    session = db.session()
    ids = paginate(
        session, ticket_search.in_order(found, search.sort), counted=found.with_only_columns(Ticket.id)
    )
    page = replace(ids, rows=ticket_search.tickets(session, ids.rows))
    lists = select(PicklistValue).order_by(PicklistValue.sort, PicklistValue.label)
    return render_template(
        "tickets/index.html",
        page=page,
        search=search,
        statuses=db.session.scalars(lists.filter_by(list_name="status")).all(),
        queues=db.session.scalars(lists.filter_by(list_name="queue")).all(),
        companies=db.session.scalars(select(Company).order_by(Company.name)).all(),
        any_ticket=bool(page.total or db.session.scalar(select(Ticket.id).limit(1))),
    )


def _search() -> Search:
    """Read the search of the page's address; whatever can't be understood is left out."""
    status, sort = request.args.get("status", OPEN), request.args.get("sort", DEFAULT_SORT)
    return Search(
        request.args.get("q", "").replace("\x00", "").strip()[:200],
        status if status in {OPEN, ALL} or number_or_none(status) is not None else OPEN,
        number_or_none(request.args.get("queue")),
        number_or_none(request.args.get("company")),
        sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT,
    )


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Answer:
    form = ticket_form(preset=_preset() if request.method == "GET" else None)
    if not form.is_submitted():
        return _editor(form, None)
    saved = _saved(form, None, partial(create_ticket, db.session(), context()))
    if saved is None:
        return _editor(form, None), 422
    ticket, deliveries = saved
    flash(f"Ticket {ticket.number} was created.{_on_their_way(deliveries)}", "success")
    again = request.form.get("then") == "new"
    return redirect(url_for(".new") if again else url_for(".show", ticket_id=ticket.id))


@blueprint.get("/<int:ticket_id>")
def show(ticket_id: int) -> str:
    return _page(find(Ticket, ticket_id), NoteForm())


@blueprint.get("/<int:ticket_id>/callouts")
def callouts(ticket_id: int) -> str:
    """The callouts' part of the page alone, which portal.js asks for while one is under way."""
    return render_template("tickets/_callouts.html", **_life(find(Ticket, ticket_id)))


@blueprint.get("/<int:ticket_id>/activity")
def activity(ticket_id: int) -> str:
    """The activity's part of the page alone, asked for in the same way."""
    return render_template("tickets/_activity.html", **_life(find(Ticket, ticket_id)))


@blueprint.route("/<int:ticket_id>/edit", methods=["GET", "POST"])
def edit(ticket_id: int) -> Answer:
    ticket = find(Ticket, ticket_id)
    form = ticket_form(ticket)
    if not form.is_submitted():
        return _editor(form, ticket)
    save = partial(edit_ticket, db.session(), context(), ticket.id, seen=_moment(form.seen.data))
    saved = _saved(form, ticket, save)
    if saved is None:
        if form.form_errors:
            # they have been warned once that somebody else was faster; the next save goes through
            form.seen.data = ticket.last_activity_at.isoformat()
        return _editor(form, ticket), 422
    flash(f"Ticket {ticket.number} was saved.{_on_their_way(saved[1])}", "success")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/complete")
def complete(ticket_id: int) -> Response:
    ticket = find(Ticket, ticket_id)
    if ticket.status == COMPLETE:
        flash(f"Ticket {ticket.number} was complete already.", "info")
        return redirect(url_for(".show", ticket_id=ticket.id))
    _, deliveries = complete_ticket(db.session(), context(), ticket.id)
    db.session.commit()
    flash(f"Ticket {ticket.number} is complete.{_on_their_way(deliveries)}", "success")
    return redirect(url_for(".show", ticket_id=ticket.id))


@blueprint.post("/<int:ticket_id>/notes")
def notes(ticket_id: int) -> Answer:
    ticket = find(Ticket, ticket_id)
    form = NoteForm()
    if not form.validate():
        return _page(ticket, form), 422
    try:
        once.take()
        note, _ = add_note(
            db.session(),
            context(),
            ticket.id,
            title=form.title.data or "",
            description=form.description.data or "",
            publish=form.publish.data,
        )
        there = url_for(".show", ticket_id=note.ticket_id, _anchor="activity")
        once.commit(there)
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return _page(ticket, form), 422
    flash("The note was added.", "success")
    return redirect(there)


def _saved(
    form: TicketForm, stored: Ticket | None, save: Callable[..., tuple[Ticket, list[int]]]
) -> tuple[Ticket, list[int]] | None:
    """Save and commit, or put what was refused beside its fields and give None."""
    if not form.validate():
        return None
    try:
        once.take(edits=stored is not None)
        ticket, deliveries = save(values=form.values(stored), udfs=form.udf_values(stored))
        once.commit(url_for(".show", ticket_id=ticket.id))
    except Invalid as refused:
        db.session.rollback()
        form.show(refused.problems)
        return None
    return ticket, deliveries


def _on_their_way(deliveries: list[int]) -> str:
    """Say how many callouts the change that was just saved has set going."""
    match len(deliveries):
        case 0:
            return ""
        case 1:
            return " One extension callout is on its way."
        case count:
            return f" {count} extension callouts are on their way."


def _page(ticket: Ticket, note_form: NoteForm) -> str:
    udfs = sorted(ticket.udf_values, key=lambda each: each.udf.name.casefold())
    return render_template("tickets/show.html", udfs=udfs, note_form=note_form, **_life(ticket))


def _life(ticket: Ticket) -> dict[str, object]:
    """Give what the parts of the page that change by themselves show."""
    whole = request.args.get("activity") == "all"
    life = timeline.moments(db.session(), ticket.id, None if whole else timeline.SHOWN)
    deliveries = timeline.deliveries(db.session(), ticket.id)
    return {
        "ticket": ticket,
        "life": life,
        "whole": whole,
        "more": not whole and len(life) == timeline.SHOWN,
        "deliveries": deliveries,
        "live": timeline.is_live(deliveries, now()),
    }


def _editor(form: TicketForm, ticket: Ticket | None) -> str:
    companies = db.session.scalar(select(Company.id).where(Company.active).limit(1))
    return render_template(
        "tickets/edit.html", form=form, ticket=ticket, limits=LIMITS, any_company=companies is not None
    )


def _preset() -> dict[str, int]:
    """Give what the address fills in for a new ticket."""
    company = number_or_none(request.args.get("company"))
    row = db.session.get(Company, company) if company else None
    return {"company_id": row.id} if row and row.active else {}


def _moment(text: str | None) -> datetime:
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        abort(400)
