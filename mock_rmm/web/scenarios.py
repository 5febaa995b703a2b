"""The page of the scenarios: what is running and what is left of it, and the start of another."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as AnyResponse
from wtforms import FloatField, IntegerField, PasswordField, SelectField
from wtforms.validators import Optional

from mock_rmm.rmm import current_rmm
from mock_rmm.scenario_input import read_scenario
from mock_rmm.scenarios import SCENARIOS
from mock_rmm.web.forms import choices

blueprint = Blueprint("scenarios", __name__, url_prefix="/scenarios")

Page = str | tuple[str, int] | AnyResponse


class ScenarioForm(FlaskForm):  # type: ignore[misc] # Flask-WTF has no types
    scenario = SelectField(
        "Scenario", choices=choices({name: scenario.label for name, scenario in SCENARIOS.items()})
    )
    receiver = SelectField("Receiver", description="The one that gets into it")
    minutes = FloatField(
        "Minutes", [Optional()], description="Empty: as long as it usually lasts, or until it is stopped"
    )
    seed = IntegerField("Seed", [Optional()], description="The same number, the same chance again")
    password = PasswordField(
        "New password", description="For “Password changed”; empty: one that nobody knows"
    )

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        names = [receiver.name for receiver in current_rmm().receivers.all()]
        self.receiver.choices = choices({"": "All receivers", **{name: name for name in names}})


@blueprint.get("/")
def listing() -> Page:
    return _page(ScenarioForm(formdata=None))


@blueprint.post("/")
def start() -> Page:
    form = ScenarioForm()
    if not form.validate_on_submit():
        return _page(form), 422
    given = {name: form[name].data for name in ("scenario", "receiver", "minutes", "seed", "password")}
    rmm = current_rmm()
    wanted = read_scenario(given, [receiver.name for receiver in rmm.receivers.all()])
    if isinstance(wanted, dict):
        for name, problem in wanted.items():
            form[name].errors = [*form[name].errors, problem]
        return _page(form), 422
    rmm.stage.start(wanted.scenario, wanted.options, datetime.now(UTC))
    flash(f"“{wanted.scenario.label}” is running.")
    return redirect(url_for("scenarios.listing"))


@blueprint.post("/<name>/stop")
def stop(name: str) -> Page:
    if name not in SCENARIOS:
        abort(404)
    current_rmm().stage.stop(name)
    flash(f"“{SCENARIOS[name].label}” is stopped.")
    return redirect(url_for("scenarios.listing"))


def _page(form: ScenarioForm) -> str:
    now = datetime.now(UTC)
    return render_template(
        "scenarios.html",
        form=form,
        scenarios=SCENARIOS.values(),
        running=current_rmm().stage.running(now),
        now=now,
        live_page=url_for("scenarios.listing"),
    )
