"""The page on which faults are switched on and off."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from mock_rmm.doors import DOORS
from mock_rmm.faults import ANY_DOOR
from mock_rmm.rmm import current_rmm
from mock_rmm.rule_input import read_rule
from mock_rmm.web.forms import FaultForm
from mock_rmm.web.show import door_label

blueprint = Blueprint("faults", __name__, url_prefix="/faults")

Page = str | tuple[str, int] | AnyResponse


@blueprint.get("/")
def page() -> Page:
    """The form is filled in for one door with `?door=`."""
    door = request.args.get("door", "")
    return _page(FaultForm(formdata=None, door=door if door in DOORS else ANY_DOOR))


@blueprint.post("/")
def switch_on() -> Page:
    form = FaultForm()
    if not form.validate_on_submit():
        return _page(form), 422
    rule = read_rule(form.given())
    if isinstance(rule, dict):
        form.blame(rule)
        return _page(form), 422
    current_rmm().faults.put(rule)
    flash(f"Switched on for {door_label(rule.door)}.")
    return redirect(url_for("faults.page"))


@blueprint.post("/off")
def switch_off() -> Page:
    """Switch one door's off, or all without a door."""
    door = request.form.get("door", "")
    if door:
        current_rmm().faults.remove(door)
    else:
        current_rmm().faults.clear()
    flash("Switched off.")
    return redirect(url_for("faults.page"))


def _page(form: FaultForm) -> str:
    return render_template("faults.html", form=form, rules=current_rmm().faults.all())
