"""The first page, with what was received and the alerts that were raised; each request's page; and the API's page."""

import json
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for

from mock_rmm.api.document import parameters
from mock_rmm.api.operations import OPERATIONS
from mock_rmm.api.receivers import url_of, username_of
from mock_rmm.endpoints.receiver import LENIENT, Receiver
from mock_rmm.endpoints.receivers import BUILT_IN
from mock_rmm.exports.curl import as_curl
from mock_rmm.rmm import Rmm, current_rmm
from mock_rmm.trip import attempts_of
from mock_rmm.web.forms import AlertForm, Page, StructForm, found
from mock_rmm.web.show import MOST_SHOWN

blueprint = Blueprint("pages", __name__)

MOST_LISTED = 50


@blueprint.get("/")
def home() -> Page:
    return show_home(AlertForm(formdata=None))


@blueprint.get("/requests/<int:entry_id>")
def one_request(entry_id: int) -> Page:
    entry = found(current_rmm().journal.get(entry_id))
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


def show_home(form: StructForm, trouble: str = "") -> str:
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
        addresses=_addresses(rmm),
        live_page=url_for("pages.home"),
    )


@blueprint.get("/api-reference")
def reference() -> Page:
    groups = {name: list(each) for name, each in groupby(OPERATIONS, lambda operation: operation.group)}
    return render_template(
        "reference.html",
        groups=groups,
        parameters=parameters,
        as_example=lambda example: json.dumps(example, indent=2, ensure_ascii=False),
        url_root=request.url_root,
    )


def _addresses(rmm: Rmm) -> list[dict[str, str]]:
    """Receivers that share an address differ in their HTTP method, and stand together."""
    paths = dict.fromkeys(receiver.path for receiver in rmm.receivers.all())
    return [
        {"url": url_of(here[0]), "words": " and ".join(map(_words, here)), "username": username_of(here[0])}
        for here in map(rmm.receivers.at, paths)
    ]


def _words(receiver: Receiver) -> str:
    """A built-in receiver by its endpoint's label; another by its name, its format and its mode."""
    label = receiver.kind.label
    if receiver.name in BUILT_IN:
        return label
    return f"{receiver.name} ({label}{'' if receiver.mode == LENIENT else f', {receiver.mode}'})"
