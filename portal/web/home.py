"""The page one starts from, and the answer for whoever watches the portal."""

from flask import Blueprint, Response, render_template
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.clock import now
from portal.db.engine import db
from portal.models import Delivery, Ticket
from portal.models.delivery import FAILED
from portal.web import glance
from portal.web.delivery_search import last_attempts
from portal.web.ticket_life import answer_of

blueprint = Blueprint("home", __name__)

_LATEST = 5


@blueprint.get("/")
def index() -> str:
    session = db.session()
    failed = (
        select(Delivery)
        .where(Delivery.state == FAILED, Delivery.ended_at.is_not(None))
        .options(joinedload(Delivery.ticket), joinedload(Delivery.callout))
        .order_by(Delivery.ended_at.desc(), Delivery.id.desc())
        .limit(_LATEST)
    )
    tickets = select(Ticket).options(joinedload(Ticket.company)).order_by(Ticket.id.desc()).limit(_LATEST)
    failures = list(session.scalars(failed))
    counts = glance.counts(session, now())
    return render_template(
        "home/index.html",
        counts=counts,
        steps=glance.first_steps(counts, admin=current_user.is_admin),
        failures=failures,
        last=last_attempts(session, failures) if failures else {},
        tickets=session.scalars(tickets).all(),
        answer_of=answer_of,
    )


@blueprint.get("/healthz")
def health() -> Response:
    return Response("ok", mimetype="text/plain")
