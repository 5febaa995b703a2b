"""Bulk jobs: counted and confirmed, watched, and stopped.

Only an administrator may start one. One delivery can be sent again by anybody, but many at once are a load on
the receivers, and on those who are notified of each.
"""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.clock import now
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import bulk
from portal.delivery.selection import OUTCOMES, Selection
from portal.models import BulkJob, Callout
from portal.models.bulk import BULK_DONE, BULK_OPEN, BULK_STATES, BULK_STOPPED
from portal.queries.delivery_search import callouts
from portal.web import bulk_selection, once
from portal.web.access import actor, require_admin
from portal.web.finding import find
from portal.web.paging import paginate
from portal.web.presenting.deliveries import ERRORS, REMARKED

blueprint = Blueprint("bulk", __name__, url_prefix="/admin/bulk")
blueprint.before_request(require_admin)

LOOKS: dict[str, tuple[str, str]] = {
    BULK_OPEN: ("busy", "hourglass-split"),
    BULK_DONE: ("good", "check-circle-fill"),
    BULK_STOPPED: ("quiet", "stop-circle"),
}


@blueprint.get("")
def index() -> str:
    page = paginate(db.session(), select(BulkJob).order_by(BulkJob.id.desc()))
    names = _callout_names()
    return render_template(
        "bulk/index.html",
        page=page,
        sentences={job.id: _sentence(job, names) for job in page.rows},
        **_words(),
    )


@blueprint.get("/new")
def new() -> tuple[str, int] | Response:
    """Choose deliveries, and see how many they are."""
    moment = now()
    asked = bulk_selection.read(request.args, moment)
    if "ticked" in request.args and not asked.selection.ids:
        flash("No delivery was ticked. Tick some, or choose many at once by what came of them.", "info")
        return redirect(url_for("deliveries.index"))
    shares = [] if asked.problem else bulk.shares(db.session(), asked.selection, moment)
    return render_template(
        "bulk/new.html",
        asked=asked,
        wanted=asked.selection,
        fields=bulk_selection.fields(asked.selection),
        until=moment.isoformat(),
        shares=shares,
        total=sum(each.count for each in shares),
        can_be_sent=sum(each.count for each in shares if each.callout),
        sentence=bulk_selection.sentence(asked.selection, _callout_names()),
        callouts=callouts(db.session()),
        outcomes={name: label for name, (label, _) in OUTCOMES.items()},
        errors=ERRORS,
        remarks=REMARKED,
        verbs=bulk_selection.ACTIONS,
    ), 422 if asked.problem else 200


@blueprint.post("")
def create() -> Response:
    """Start what was counted. What has changed since is left out."""
    once.take(edits=True)
    moment, who = now(), actor()
    asked = bulk_selection.read(request.form, moment)
    counted = bulk_selection.moment_of(request.form.get("until", "")[:40])
    job = None
    if counted is not None and not asked.problem:
        until = min(counted, moment)
        job = bulk.open_job(
            db.session(), asked.selection, until, who=who.name, who_id=who.resource_id, now=moment
        )
    if job is None:
        db.session.rollback()
        flash(
            "Nothing was started: none of these deliveries is there any more. They were counted again.",
            "info",
        )
        return redirect(url_for(".new", **_arguments(asked.selection)))
    there = url_for(".show", job_id=job.id)
    once.commit(there)
    services().doorbell.ring_bulk()
    return redirect(there)


@blueprint.get("/<int:job_id>")
def show(job_id: int) -> str:
    return _page("bulk/show.html", job_id)


@blueprint.get("/<int:job_id>/live")
def live(job_id: int) -> str:
    """What changes while a job is under way, which portal.js asks for."""
    return _page("bulk/_live.html", job_id)


@blueprint.post("/<int:job_id>/stop")
def stop(job_id: int) -> Response:
    find(BulkJob, job_id)
    stopped = bulk.stop(db.session(), job_id, actor().name, now())
    db.session.commit()
    if stopped:
        flash("The job was stopped. What it has done already stays as it is.", "success")
    else:
        flash("It was too late to stop: the job has ended.", "info")
    return redirect(url_for(".show", job_id=job_id))


def _page(template: str, job_id: int) -> str:
    job = find(BulkJob, job_id)
    return render_template(
        template,
        job=job,
        wanted=Selection.from_json(job.selection),
        sentence=_sentence(job, _callout_names()),
        **_words(),
    )


def _words() -> dict[str, object]:
    return {"looks": LOOKS, "states": BULK_STATES, "verbs": bulk_selection.ACTIONS}


def _sentence(job: BulkJob, names: dict[int, str]) -> str:
    return bulk_selection.sentence(Selection.from_json(job.selection), names)


def _callout_names() -> dict[int, str]:
    rows = db.session.execute(select(Callout.id, Callout.name))
    return {row.id: row.name for row in rows}


def _arguments(wanted: Selection) -> dict[str, Any]:
    """Return a selection as the arguments of an address; ``id`` may stand there more than once."""
    found: dict[str, Any] = dict(bulk_selection.fields(wanted))
    return found | ({"id": [str(each) for each in wanted.ids]} if wanted.ids else {})
