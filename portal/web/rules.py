"""Workflow rules: the list, with each rule in words, and the editor."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from portal.clock import now
from portal.core.problems import Invalid, NotFound
from portal.core.rules import OPERATORS
from portal.db.engine import db
from portal.desk import rules
from portal.desk.references import offered, options_of
from portal.desk.rule_checks import RuleValues
from portal.desk.rule_fields import KINDS, condition_fields
from portal.desk.rule_sentences import RuleWords
from portal.models import Callout, Rule
from portal.models.base import MAX_ID
from portal.web import once
from portal.web.access import require_admin
from portal.web.finding import find
from portal.web.forms.rules import ActionRow, ConditionRow, RuleDraft, draft_entered, draft_of, place_of
from portal.web.presenting import user_zone
from portal.workflow.actions import ACTIONS
from portal.workflow.events import EVENTS

blueprint = Blueprint("rules", __name__, url_prefix="/admin/rules")
blueprint.before_request(require_admin)

Page = str | Response | tuple[str, int]
# what a rule for a callout begins with, unless another preset is asked for
RECOMMENDED = next(iter(rules.PRESETS))


@blueprint.get("/")
def index() -> str:
    rows = db.session.scalars(select(Rule).order_by(Rule.name_key)).unique().all()
    return render_template("rules/index.html", rules=rows, words=RuleWords(db.session(), user_zone()))


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """``?preset=`` begins with recommended or basic; ``?callout=`` fills a callout in."""
    if request.method == "POST":
        return _posted(None)
    callout = _asked_callout()
    preset = request.args.get("preset", "")
    if callout and preset not in rules.PRESETS:
        preset = RECOMMENDED
    if preset not in rules.PRESETS:
        return _editor_page(None, RuleDraft(actions=[ActionRow()], zone=str(user_zone())), {})
    values = rules.preset(preset, callout.id if callout else None)
    draft = draft_of(values, condition_fields(db.session()), str(user_zone()))
    if callout:
        draft.name = rules.name_for(db.session(), callout, preset)
    return _editor_page(None, draft, {}, preset=preset)


@blueprint.route("/<int:rule_id>", methods=["GET", "POST"])
def edit(rule_id: int) -> Page:
    rule = _load(rule_id)
    if request.method == "POST":
        return _posted(rule_id)
    draft = _draft_of(rules.values_of(rule))
    draft.seen = rules.fingerprint(rule)
    return _editor_page(rule, draft, {})


@blueprint.get("/<int:rule_id>/copy")
def copy(rule_id: int) -> str:
    """Open the editor on a copy; it exists once it is saved."""
    values = rules.copy_of(db.session(), _load(rule_id))
    return _editor_page(None, _draft_of(values), {})


@blueprint.post("/<int:rule_id>/activate")
def activate(rule_id: int) -> Response:
    return _switch(rule_id, active=True)


@blueprint.post("/<int:rule_id>/deactivate")
def deactivate(rule_id: int) -> Response:
    return _switch(rule_id, active=False)


@blueprint.route("/<int:rule_id>/delete", methods=["GET", "POST"])
def delete(rule_id: int) -> str | Response:
    rule = _load(rule_id)
    if request.method == "GET":
        return render_template("rules/delete.html", rule=rule, words=RuleWords(db.session(), user_zone()))
    try:
        name = rules.delete_rule(db.session(), rule_id)
    except NotFound:
        abort(404)
    db.session.commit()
    flash(f"“{name}” was deleted. What it has sent stays in the deliveries.", "success")
    return redirect(url_for("rules.index"))


def _posted(rule_id: int | None) -> Page:
    draft = draft_entered(request.form)
    if "do" in request.form:
        draft.change_rows(request.form["do"])
        return _editor_page(_load(rule_id) if rule_id else None, draft, {})
    try:
        once.take(edits=rule_id is not None)
        row = rules.lock_rule(db.session(), rule_id) if rule_id else None
        values = draft.values(condition_fields(db.session()), rules.values_of(row) if row else None)
        rule = rules.save_rule(db.session(), rule_id, values, now=now(), seen=draft.seen)
    except NotFound:
        abort(404)
    except Invalid as refused:
        db.session.rollback()
        stored = _load(rule_id) if rule_id else None
        if stored and "" in refused.problems:
            # having been told once that somebody else was faster, the next save is meant
            draft.seen = rules.fingerprint(stored)
        return _editor_page(stored, draft, refused.problems), 422
    name = rule.name
    once.commit(url_for("rules.edit", rule_id=rule.id))
    flash(f"“{name}” was saved. It looks at changes from now on, not at earlier ones.", "success")
    return redirect(url_for("rules.new" if request.form.get("then") == "new" else "rules.index"))


def _editor_page(rule: Rule | None, draft: RuleDraft, problems: dict[str, str], *, preset: str = "") -> str:
    used = {row.field for row in draft.conditions}
    fields = {
        name: each for name, each in condition_fields(db.session()).items() if each.active or name in used
    }
    return render_template(
        "rules/edit.html",
        rule=rule,
        draft=draft,
        problems=problems,
        fields=fields,
        operators=OPERATORS,
        events=EVENTS,
        action_kinds=ACTIONS,
        options={
            each.refers_to: options_of(db.session(), each)
            for action in ACTIONS.values()
            for each in action.settings
            if each.refers_to
        },
        presets=rules.PRESETS,
        blank_condition=ConditionRow(),
        blank_action=ActionRow(),
        preset=preset,
        offers_presets=request.endpoint == "rules.new" and request.method == "GET",
        places={key: place_of(key) for key in problems},
        value_kinds=KINDS,
        offered=offered,
        asked_callout=_asked_callout(),
    )


def _asked_callout() -> Callout | None:
    asked = request.args.get("callout", 0, type=int)
    return db.session.get(Callout, asked) if 0 < asked <= MAX_ID else None


def _draft_of(values: RuleValues) -> RuleDraft:
    return draft_of(values, condition_fields(db.session()), str(user_zone()))


def _switch(rule_id: int, *, active: bool) -> Response:
    _load(rule_id)
    try:
        rule = rules.set_rule_active(db.session(), rule_id, active=active)
    except NotFound:
        abort(404)
    name = rule.name
    db.session.commit()
    flash(f"“{name}” is active." if active else f"“{name}” is inactive: it does not fire.", "success")
    return redirect(url_for("rules.index"))


def _load(rule_id: int) -> Rule:
    return find(Rule, rule_id)
