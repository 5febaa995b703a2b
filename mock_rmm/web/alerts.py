"""The alerts: all of them, by device, and each with its whole trip on a page of its own."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from mock_rmm.gateway import Trouble
from mock_rmm.rmm import current_rmm
from mock_rmm.trip import MOST_SHOWN, callouts_of, expected, moments_of, raise_alert
from mock_rmm.web.forms import AlertForm, Page, found
from mock_rmm.web.pages import show_home

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")

MOST_LISTED = 200


@blueprint.get("/")
def listing() -> Page:
    """The alerts, of one device with `?device=`."""
    alerts = current_rmm().alerts.newest_first()
    wanted = request.args.get("device", "")
    devices: dict[str, list[Any]] = {}  # in the order of their newest alerts
    for alert in alerts:
        devices.setdefault(alert.device, []).append(alert)
    shown = devices.get(wanted, []) if wanted else alerts
    return render_template(
        "alerts.html", device=wanted, devices=devices, alerts=shown[:MOST_LISTED], alerts_in_all=len(shown)
    )


@blueprint.post("/")
def raise_one() -> Page:
    form = AlertForm()
    wanted = form.read()
    if wanted is None:
        return show_home(form), 422
    outcome = raise_alert(current_rmm(), wanted.device, wanted.message, wanted.door, now=datetime.now(UTC))
    if isinstance(outcome, Trouble):
        return show_home(form, trouble=outcome.sentence), 502
    ticket = outcome.ticket_number or f"with the id {outcome.ticket_id}"
    flash(f"Alert {outcome.id} is raised: ticket {ticket}.")
    return redirect(url_for("pages.home"))


@blueprint.get("/<alert_id>")
def one(alert_id: str) -> Page:
    rmm = current_rmm()
    alert = found(rmm.alerts.get(alert_id))
    callouts = callouts_of(rmm, alert)
    return render_template(
        "alert.html",
        alert=alert,
        moments=moments_of(alert, callouts),
        expected=expected(alert),
        cut=len(callouts) >= MOST_SHOWN,
        most=MOST_SHOWN,
    )
