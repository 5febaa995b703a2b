"""The page of the scenarios: what is running and what is left of it, and the start of another."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, url_for

from mock_rmm.api.inputs import WantedScenario
from mock_rmm.api.rules import start as started
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.scenarios import SCENARIOS
from mock_rmm.web.forms import Page, StructForm, form_of

blueprint = Blueprint("scenarios", __name__, url_prefix="/scenarios")


@blueprint.get("/")
def listing() -> Page:
    return _page(_form(formdata=None))


@blueprint.post("/")
def start() -> Page:
    form = _form()
    wanted = form.read()
    if wanted is None:
        return _page(form), 422
    running = started(wanted, datetime.now(UTC))
    if isinstance(running, dict):
        form.blame(running)
        return _page(form), 422
    flash(f"“{running.scenario.label}” is running.")
    return redirect(url_for("scenarios.listing"))


@blueprint.post("/<name>/stop")
def stop(name: str) -> Page:
    if name not in SCENARIOS:
        abort(404)
    current_rmm().stage.stop(name)
    flash(f"“{SCENARIOS[name].label}” is stopped.")
    return redirect(url_for("scenarios.listing"))


def _form(**keywords: None) -> StructForm:
    receivers = {receiver.name: receiver.name for receiver in current_rmm().receivers.all()}
    labels = {
        "scenario": {name: scenario.label for name, scenario in SCENARIOS.items()},
        "receiver": {"": "All receivers", **receivers},
    }
    form: StructForm = form_of(WantedScenario, labels=labels)(**keywords)
    return form


def _page(form: StructForm) -> str:
    now = datetime.now(UTC)
    return render_template(
        "scenarios.html",
        form=form,
        scenarios=SCENARIOS.values(),
        running=current_rmm().stage.running(now),
        now=now,
        live_page=url_for("scenarios.listing"),
    )
