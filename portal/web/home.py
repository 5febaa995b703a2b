"""The start page, and /healthz for monitoring."""

from dataclasses import dataclass

from flask import Blueprint, Response, render_template
from flask_login import current_user

from portal.clock import now
from portal.db.engine import db
from portal.queries.deliveries import last_attempts, latest_failed
from portal.queries.home import HomeFigures, home_figures, latest_tickets

blueprint = Blueprint("home", __name__)

_LATEST = 5


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do first, and where; ``endpoint`` is "" where somebody else must do it."""

    title: str
    text: str
    endpoint: str
    done: bool


@blueprint.get("/")
def index() -> str:
    session = db.session()
    figures = home_figures(session, now())
    failures = latest_failed(session, _LATEST)
    return render_template(
        "home/index.html",
        counts=figures,
        steps=_first_steps(figures, admin=current_user.is_admin),
        failures=failures,
        last=last_attempts(session, failures),
        tickets=latest_tickets(session, _LATEST),
    )


@blueprint.get("/healthz")
def health() -> Response:
    return Response("ok", mimetype="text/plain")


def _first_steps(found: HomeFigures, *, admin: bool) -> list[Step]:
    """Return what to do in a portal without callouts or tickets; an empty list once it has both."""
    if found.any_callout and found.any_ticket:
        return []
    setup = "" if admin else "An administrator does this."
    return [
        Step(
            "Make an extension callout",
            setup or "It says which system is told of a ticket's change, and in which format.",
            "callouts.new" if admin else "",
            found.any_callout,
        ),
        Step(
            "Make a workflow rule that executes it",
            setup or "The one to begin with: edited by anyone, status changed to Complete.",
            "rules.new" if admin else "",
            found.any_rule,
        ),
        Step(
            "Make a ticket and complete it",
            "The callout is then sent, and its delivery shows what was answered.",
            "tickets.new",
            found.any_ticket,
        ),
    ]
