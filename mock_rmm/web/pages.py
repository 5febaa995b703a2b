"""The first page: what was received and the alerts that were raised, live; and each request on a page of its own."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from mock_rmm.exports.curl import as_curl
from mock_rmm.rmm import current_rmm
from mock_rmm.trip import attempts_of
from mock_rmm.web.addresses import addresses_of
from mock_rmm.web.forms import AlertForm
from mock_rmm.web.payloads import MOST_SHOWN

blueprint = Blueprint("pages", __name__)

MOST_LISTED = 50

Page = str | tuple[str, int] | AnyResponse


@blueprint.get("/")
def home() -> Page:
    return show_home(AlertForm(formdata=None))


@blueprint.get("/requests/<int:entry_id>")
def one_request(entry_id: int) -> Page:
    entry = current_rmm().journal.get(entry_id)
    if entry is None:
        abort(404)
    return render_template(
        "request.html",
        entry=entry,
        attempts=attempts_of(current_rmm(), entry),
        curl=as_curl(entry, request.url_root) if len(entry.body) <= MOST_SHOWN else "",
    )


@blueprint.post("/requests/clear")
def clear_requests() -> Page:
    current_rmm().journal.clear()
    flash("The list of requests is empty now.")
    return redirect(url_for("pages.home"))


def show_home(form: AlertForm, trouble: str = "") -> str:
    rmm = current_rmm()
    alerts = rmm.alerts.newest_first()
    return render_template(
        "home.html",
        form=form,
        trouble=trouble,
        alerts=alerts[:MOST_LISTED],
        alerts_in_all=len(alerts),
        entries=rmm.journal.newest(MOST_LISTED),
        entries_in_all=len(rmm.journal),
        addresses=addresses_of(rmm, request.url_root),
        live_page=url_for("pages.home"),
    )
