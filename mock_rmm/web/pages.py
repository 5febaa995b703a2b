"""The pages: alerts and what was received, live; and each request on a page of its own."""

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from mock_rmm.gateway import Trouble
from mock_rmm.rmm import current_rmm
from mock_rmm.trip import raise_alert
from mock_rmm.web.alert_input import read_alert
from mock_rmm.web.forms import AlertForm

blueprint = Blueprint("pages", __name__)

MOST_LISTED = 50

Page = str | tuple[str, int] | AnyResponse


@blueprint.get("/")
def home() -> Page:
    return _home(AlertForm(formdata=None))


@blueprint.post("/alerts")
def raise_one() -> Page:
    form = AlertForm()
    if not form.validate_on_submit():
        return _home(form), 422
    wanted = read_alert({name: form[name].data for name in ("device", "message", "door")})
    if isinstance(wanted, dict):
        for name, problem in wanted.items():
            form[name].errors = [*form[name].errors, problem]
        return _home(form), 422
    outcome = raise_alert(
        current_rmm(), device=wanted.device, message=wanted.message, door=wanted.door, now=datetime.now(UTC)
    )
    if isinstance(outcome, Trouble):
        return _home(form, trouble=outcome.sentence), 502
    ticket = outcome.ticket_number or f"with the id {outcome.ticket_id}"
    flash(f"Alert {outcome.id} is raised: ticket {ticket}.")
    return redirect(url_for("pages.home"))


@blueprint.get("/live")
def live() -> AnyResponse:
    """What changed since a version of the lists, or nothing."""
    rmm = current_rmm()
    version = rmm.version
    if request.args.get("version") == version:
        return Response(status=204)
    return jsonify(
        version=version,
        received=len(rmm.journal),
        alerts=render_template("_alerts.html", **_lists()),
        requests=render_template("_requests.html", **_lists()),
    )


@blueprint.get("/requests/<int:entry_id>")
def one_request(entry_id: int) -> Page:
    entry = current_rmm().journal.get(entry_id)
    if entry is None:
        abort(404)
    return render_template("request.html", entry=entry)


@blueprint.post("/requests/clear")
def clear_requests() -> Page:
    current_rmm().journal.clear()
    flash("The list of requests is empty now.")
    return redirect(url_for("pages.home"))


def _home(form: AlertForm, trouble: str = "") -> str:
    version = current_rmm().version
    return render_template("home.html", form=form, trouble=trouble, version=version, **_lists())


def _lists() -> dict[str, object]:
    rmm = current_rmm()
    alerts = rmm.alerts.newest_first()
    return {
        "alerts": alerts[:MOST_LISTED],
        "alerts_in_all": len(alerts),
        "entries": rmm.journal.newest(MOST_LISTED),
        "entries_in_all": len(rmm.journal),
        "url_root": request.url_root,
        "door_keys": rmm.door_keys,
    }
