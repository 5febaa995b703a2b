"""The pages of the rules: the list in the order in which they are asked, and the editor.

The editor's form asks for what the JSON API takes, in three parts.
"""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
from flask import Blueprint, flash, redirect, render_template, request, url_for
from wtforms import SelectField, StringField, TextAreaField

from mock_rmm.api.inputs import SETTINGS, WantedRule
from mock_rmm.callout import FIELDS
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.faults import FAULTS
from mock_rmm.rules.rule import Rule
from mock_rmm.web.forms import Page, choices, form_of, found

blueprint = Blueprint("rules", __name__, url_prefix="/rules")

TAKES = {key: [name for name, fault in FAULTS.items() if key in fault.takes] for key in SETTINGS}
"""Which faults take a setting."""
HOW = {
    "is": "is",
    "not": "is anything but",
    "contains": "contains",
    "matches": "matches the regular expression",
    "missing": "did not come",
}
HUNDRED = 100
_Base = form_of(
    WantedRule,
    without=("match", "headers", "rate"),
    labels={"fault": {name: fault.label for name, fault in FAULTS.items()}},
)


class RuleForm(_Base):  # type: ignore[misc, valid-type] # made of the type
    receiver = SelectField("Receiver", description="Who receives the request")
    field = SelectField(
        "Value", choices=choices({"": "Whatever they are", **{name: name for name in FIELDS}})
    )
    how = SelectField("Comparison", choices=choices(HOW))
    value = StringField("Compared with", description="For example Complete")
    more = TextAreaField(
        "More conditions",
        description='A match as the JSON API takes it, for example {"headers": {"webhook-id": {"missing": true}}}',
    )
    headers = TextAreaField("Headers", description="One a line, for example X-Node: 3")
    percent = StringField("Rate in percent", description="By chance; empty: all of them")

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        names = [receiver.name for receiver in current_rmm().receivers.all()]
        if self.receiver.data and self.receiver.data not in names:
            names.append(self.receiver.data)  # it was removed, and the rule may wait for its return
        self.receiver.choices = choices({"": "Any receiver", **{name: name for name in names}})

    @classmethod
    def of(cls, rule: Rule, now: datetime) -> "RuleForm":
        match = msgspec.to_builtins(rule.match)
        receiver = match.pop("receiver") if isinstance(match.get("receiver"), str) else ""
        field, how, value = _simple(match)
        left = None if rule.until is None else max(1, round((rule.until - now).total_seconds()))
        usual = {name: None for name in ("from_nth", "every") if getattr(rule, name) == 1}
        data = {
            **vars(rule),
            **usual,
            "receiver": receiver,
            "field": field,
            "how": how,
            "value": value,
            "more": json.dumps(match, ensure_ascii=False) if match else "",
            "headers": "\n".join(f"{name}: {value}" for name, value in rule.headers),
            "percent": None if rule.rate == 1 else rule.rate * HUNDRED,
            "for_seconds": left,
        }
        shown = {name: f"{each:g}" if isinstance(each, float) else each for name, each in data.items()}
        return cls(formdata=None, data=shown)

    def given(self) -> dict[str, Any] | None:
        """What was filled in; what the chosen fault has no use for is ignored."""
        fault = FAULTS.get(self.fault.data)
        unused = {key for key in SETTINGS if fault and key not in fault.takes}
        given = {name: value for name, value in super().given().items() if name not in {*unused, "headers"}}
        if self.percent.data:
            try:
                given["rate"] = float(self.percent.data) / HUNDRED
            except ValueError:
                given["rate"] = self.percent.data
        match = self._match()
        headers = {} if "headers" in unused else self._headers()
        if match is None or headers is None:
            return None
        return {**given, "match": match, **({"headers": headers} if headers else {})}

    def blame(self, problems: dict[str, str]) -> None:
        simple = f"match.fields.{self.field.data}"
        parts = {name: "more" for name in problems if name.startswith("match")}
        self.beside = {**parts, "rate": "percent", "match.receiver": "receiver", simple: "value"}
        super().blame(problems)

    def _match(self) -> dict[str, Any] | None:
        match: dict[str, Any] = {}
        if (self.more.data or "").strip():
            try:
                read = json.loads(self.more.data)
            except (ValueError, RecursionError):
                read = None
            if not isinstance(read, dict) or not isinstance(read.get("fields", {}), dict):
                self.more.errors = ["This is no JSON object: see the example."]
                return None
            match = read
        if self.receiver.data:
            match["receiver"] = self.receiver.data
        if self.field.data:
            wanted = True if self.how.data == "missing" else self.value.data or ""
            match["fields"] = {**match.get("fields", {}), self.field.data: {self.how.data: wanted}}
        return match

    def _headers(self) -> dict[str, list[str]] | None:
        found: dict[str, list[str]] = {}
        for line in (self.headers.data or "").splitlines():
            name, colon, value = line.partition(":")
            if colon:
                found.setdefault(name.strip(), []).append(value.strip())
            elif line.strip():
                words = f"{line.strip()[:40]!a} has no colon: write a name, a colon and a value."
                self.headers.errors = [words]
                return None
        return found


def _simple(match: dict[str, Any]) -> tuple[str, str, str]:
    """Take out of a match the one condition on a value that the form has fields for."""
    fields = match.get("fields")
    if not fields or len(fields) != 1:
        return "", "is", ""
    ((name, expected),) = fields.items()
    if expected is None:
        expected = {"missing": True}
    if isinstance(expected, str):
        expected = {"is": expected}
    if len(expected) != 1 or expected.get("missing") is False:
        return "", "is", ""
    del match["fields"]
    ((how, value),) = expected.items()
    return name, how, "" if how == "missing" else value


@blueprint.get("/")
def listing() -> Page:
    now = datetime.now(UTC)
    return render_template("rules.html", standing=current_rmm().rules.all(now), now=now)


@blueprint.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """The form, filled in with `?receiver=`, `?field=`, `?value=` and `?times=` where they are given."""
    if request.method == "POST":
        return _save(None)
    args = request.args
    wanted = {"receiver": args.get("receiver", ""), "value": args.get("value", "")}
    if args.get("field") in FIELDS:
        wanted["field"] = args["field"]
    times = args.get("times", type=int)
    return _editor(RuleForm(formdata=None, data={**wanted, "times": times}), None)


@blueprint.route("/<int:rule_id>", methods=["GET", "POST"])
def edit(rule_id: int) -> Page:
    rule = found(current_rmm().rules.get(rule_id, datetime.now(UTC))).rule
    return _save(rule) if request.method == "POST" else _editor(RuleForm.of(rule, datetime.now(UTC)), rule)


def _save(earlier: Rule | None) -> Page:
    form = RuleForm()
    wanted = form.read()
    if wanted is None:
        return _editor(form, earlier), 422
    rules, rule = current_rmm().rules, wanted.rule(datetime.now(UTC))
    if earlier is None:
        rules.add(rule)
        flash("The rule is on.")
    else:
        found(rules.change(earlier.id, rule))
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
