"""Deliveries: the list, and one delivery with its attempts, which can be sent again or cancelled.

Whoever is signed in may do both: a technician who completes a ticket must be able to repeat a callout that
did not arrive. What is sent, and where to, only an administrator can change.
"""

import json
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.clock import now
from portal.core.wire import Fields
from portal.db.engine import db
from portal.delivery import outbox
from portal.models import Attempt, Delivery
from portal.models.delivery import SENDING, STATES, WAITING
from portal.queries import delivery_search
from portal.queries.deliveries import blocked_by, by_ids, is_overdue, last_attempts
from portal.queries.delivery_search import Search
from portal.web import once
from portal.web.access import actor
from portal.web.finding import find, number_or_none
from portal.web.paging import keyset_page, paginate
from portal.web.presenting import from_epoch, states
from portal.web.presenting.deliveries import CHOICES, ERRORS, MET_WITH, PERIODS, REMARKED
from portal.web.presenting.exchange import exchange_of

blueprint = Blueprint("deliveries", __name__, url_prefix="/deliveries")

# what is said of a callout that does not send now
_LATER = {
    "inactive": " Its callout is inactive, so it waits until that is active.",
    "paused": " Its callout is paused, so it waits until that is resumed.",
    "failing": " Its receiver keeps failing, so it waits until one delivery gets through.",
}
# one round of the usual settings, and one more
ATTEMPTS_SHOWN = 12


@blueprint.get("")
def index() -> str:
    search, session = _search(), db.session()
    streams = delivery_search.streams_of(search, now())
    page = keyset_page(session, streams, partial(by_ids, session))
    return render_template(
        "deliveries/index.html",
        page=page,
        search=search,
        last=last_attempts(session, page.rows),
        callouts=delivery_search.callouts(session),
        states=CHOICES,
        periods=PERIODS,
        errors=ERRORS,
        remarks=REMARKED,
    )


@blueprint.get("/<int:delivery_id>")
def show(delivery_id: int) -> str:
    return _page("deliveries/show.html", delivery_id)


@blueprint.get("/<int:delivery_id>/live")
def live(delivery_id: int) -> str:
    """What changes while a delivery is open, which portal.js asks for."""
    return _page("deliveries/_live.html", delivery_id)


@blueprint.post("/<int:delivery_id>/send-again")
def send_again(delivery_id: int) -> Response:
    find(Delivery, delivery_id)
    once.take(edits=True)
    started = outbox.send_again(db.session(), delivery_id, now())
    once.commit(url_for(".show", delivery_id=delivery_id))
    delivery = find(Delivery, delivery_id)
    if started:
        later = _LATER.get(states.holds(delivery), "")
        flash(f"Delivery {delivery_id} is sent again, with the same values.{later}", "success")
    elif delivery.callout is None:
        flash(
            f"“{delivery.callout_name}” has been deleted, so there is nowhere to send delivery {delivery_id} to. "
            "Create the callout and its rule again; changes of tickets from then on are sent.",
            "error",
        )
    else:
        flash(f"Delivery {delivery_id} is under way already, so it was not started a second time.", "info")
    return redirect(url_for(".show", delivery_id=delivery_id))


@blueprint.post("/<int:delivery_id>/cancel")
def cancel(delivery_id: int) -> Response:
    find(Delivery, delivery_id)
    cancelled = outbox.cancel(db.session(), delivery_id, actor().name, now())
    db.session.commit()
    delivery = find(Delivery, delivery_id)
    if cancelled:
        flash(f"Delivery {delivery_id} was cancelled. It can still be sent again.", "success")
    elif delivery.state == SENDING:
        flash(
            "It was too late to cancel: a request is under way. If it fails, you can cancel the next attempt.",
            "error",
        )
    else:
        flash(
            f"It was too late to cancel: delivery {delivery_id} has ended ({STATES[delivery.state].lower()}).",
            "error",
        )
    return redirect(url_for(".show", delivery_id=delivery_id))


def _page(template: str, delivery_id: int) -> str:
    delivery = find(Delivery, delivery_id)
    query = select(Attempt).filter_by(delivery_id=delivery_id).order_by(Attempt.number.desc())
    page = paginate(db.session(), query, ATTEMPTS_SHOWN)
    held = states.holds(delivery)
    waits = delivery.state == WAITING and delivery.callout is not None and not held
    return render_template(
        template,
        delivery=delivery,
        values=Fields.from_dict(json.loads(delivery.fields)).pairs(),
        page=page,
        exchanges={each.number: exchange_of(each) for each in page.rows},
        tries=states.tries_of(delivery),
        held=held,
        behind=blocked_by(db.session(), delivery),
        next_at=from_epoch(delivery.due_at) if waits else None,
        overdue=waits and is_overdue(delivery, now()),
    )


def _search() -> Search:
    """Read the search of the page's address; whatever can't be understood is left out."""
    state, period, error = (request.args.get(name, "") for name in ("state", "period", "error"))
    return Search(
        number_or_none(request.args.get("callout")),
        state if state in CHOICES else "",
        request.args.get("ticket", "").replace("\x00", "").strip()[:200],
        period if period in PERIODS else "",
        error if error in MET_WITH else "",
    )
