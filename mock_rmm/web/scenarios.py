"""The page of the scenarios: what is running and what is left of it, and the start of another."""

from datetime import UTC, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for

from mock_rmm.api.inputs import WantedScenario
from mock_rmm.api.rules import start as started
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.scenarios import SCENARIOS
from mock_rmm.web.forms import Page, StructForm, form_of, found

blueprint = Blueprint("scenarios", __name__, url_prefix="/scenarios")


@blueprint.route("/", methods=["GET", "POST"])
def listing() -> Page:
    """The page; and the start of the scenario that was chosen on it."""
    receivers = {receiver.name: receiver.name for receiver in current_rmm().receivers.all()}
    labels = {
        "scenario": {name: scenario.label for name, scenario in SCENARIOS.items()},
        "receiver": {"": "All receivers", **receivers},
    }
    form: StructForm = form_of(WantedScenario, labels=labels)()
    if request.method != "POST":
        return _page(form)
    wanted = form.read()
    running = {} if wanted is None else started(wanted, datetime.now(UTC))
    if isinstance(running, dict):
        form.blame(running)
        return _page(form), 422
    flash(f"“{running.scenario.label}” is running.")
    return redirect(url_for("scenarios.listing"))


@blueprint.post("/<name>/stop")
def stop(name: str) -> Page:
    scenario = found(SCENARIOS.get(name))
    current_rmm().stage.stop(name)
    flash(f"“{scenario.label}” is stopped.")
    return redirect(url_for("scenarios.listing"))


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
