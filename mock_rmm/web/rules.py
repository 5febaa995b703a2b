"""The pages of the rules: the list in the order in which they are asked, and the editor."""

from datetime import UTC, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from mock_rmm.api.inputs import SETTINGS
from mock_rmm.callout import FIELDS
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Rule
from mock_rmm.web.forms import Page
from mock_rmm.web.rule_form import RuleForm

blueprint = Blueprint("rules", __name__, url_prefix="/rules")

TAKES = {key: [name for name, fault in FAULTS.items() if key in fault.takes] for key in SETTINGS}
"""Which faults take a setting."""


@blueprint.get("/")
def listing() -> Page:
    now = datetime.now(UTC)
    return render_template("rules.html", standing=current_rmm().rules.all(now), now=now)


@blueprint.get("/new")
def new() -> Page:
    """The form, filled in with `?receiver=`, `?field=`, `?value=` and `?times=` where they are given."""
    args = request.args
    wanted = {"receiver": args.get("receiver", ""), "value": args.get("value", "")}
    if args.get("field") in FIELDS:
        wanted["field"] = args["field"]
    times = args.get("times", type=int)
    return _editor(RuleForm(formdata=None, data={**wanted, "times": times}), None)


@blueprint.post("/new")
def add() -> Page:
    form = RuleForm()
    wanted = form.read()
    if wanted is None:
        return _editor(form, None), 422
    current_rmm().rules.add(wanted.rule(datetime.now(UTC)))
    flash("The rule is on.")
    return redirect(url_for("rules.listing"))


@blueprint.get("/<int:rule_id>")
def edit(rule_id: int) -> Page:
    rule = _found(rule_id)
    return _editor(RuleForm.of(rule, datetime.now(UTC)), rule)


@blueprint.post("/<int:rule_id>")
def change(rule_id: int) -> Page:
    earlier = _found(rule_id)
    form = RuleForm()
    wanted = form.read()
    if wanted is None:
        return _editor(form, earlier), 422
    if current_rmm().rules.change(rule_id, wanted.rule(datetime.now(UTC))) is None:
        abort(404)
    flash("The rule is changed, and its counts start again at 0.")
    return redirect(url_for("rules.listing"))


@blueprint.post("/<int:rule_id>/remove")
def remove(rule_id: int) -> Page:
    current_rmm().rules.remove(lambda rule: rule.id == rule_id)
    flash("The rule is removed.")
    return redirect(url_for("rules.listing"))


@blueprint.post("/remove-all")
def remove_all() -> Page:
    current_rmm().answer_as_usual()
    flash("All rules are removed: every receiver answers as it should.")
    return redirect(url_for("rules.listing"))


def _editor(form: RuleForm, earlier: Rule | None) -> str:
    return render_template("rule_editor.html", form=form, earlier=earlier, takes=TAKES)


def _found(rule_id: int) -> Rule:
    standing = current_rmm().rules.get(rule_id, datetime.now(UTC))
    if standing is None:
        abort(404)
    return standing.rule
