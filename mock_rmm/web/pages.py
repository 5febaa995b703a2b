"""The first page, with what was received and the alerts that were raised; each request's page; and the API's page."""

import json
from dataclasses import dataclass
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from mock_rmm.api.document import parameters
from mock_rmm.api.operations import OPERATIONS
from mock_rmm.endpoints.receiver import LENIENT, Receiver
from mock_rmm.endpoints.receivers import BUILT_IN
from mock_rmm.exports.curl import as_curl
from mock_rmm.rmm import Rmm, current_rmm
from mock_rmm.trip import attempts_of
from mock_rmm.web.forms import AlertForm, Page, StructForm
from mock_rmm.web.show import MOST_SHOWN

blueprint = Blueprint("pages", __name__)

MOST_LISTED = 50


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
        addresses=addresses_of(rmm, request.url_root),
        live_page=url_for("pages.home"),
    )


@blueprint.get("/api-reference")
def reference() -> Page:
    """The description of the JSON API, on which one can try it."""
    groups = {name: list(each) for name, each in groupby(OPERATIONS, lambda operation: operation.group)}
    return render_template(
        "reference.html",
        groups=groups,
        parameters=parameters,
        as_example=lambda example: json.dumps(example, indent=2, ensure_ascii=False),
        url_root=request.url_root,
    )


@dataclass(frozen=True)
class Address:
    url: str
    words: str
    username: str


def addresses_of(rmm: Rmm, url_root: str) -> list[Address]:
    """Receivers that share an address differ in their HTTP method, and stand together."""
    by_path: dict[str, list[Receiver]] = {}
    for receiver in rmm.receivers.all():
        by_path.setdefault(receiver.path, []).append(receiver)
    return [
        Address(
            url=url_root.rstrip("/") + path,
            words=" and ".join(map(words, here)),
            username=rmm.credentials_of(here[0]).username,
        )
        for path, here in by_path.items()
    ]


def words(receiver: Receiver) -> str:
    """A built-in receiver by its endpoint's label; another by its name, its format and its mode."""
    label = receiver.kind.label
    if receiver.name in BUILT_IN:
        return label
    return f"{receiver.name} ({label}{'' if receiver.mode == LENIENT else f', {receiver.mode}'})"
