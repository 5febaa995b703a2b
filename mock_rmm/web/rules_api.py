"""The rules and the scenarios in the JSON API."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from mock_rmm.json_values import time_json
from mock_rmm.matching import match_json
from mock_rmm.rmm import current_rmm
from mock_rmm.rule_input import read_rule
from mock_rmm.rule_words import fault_words
from mock_rmm.rules import Standing
from mock_rmm.scenario_input import read_scenario
from mock_rmm.scenarios import SCENARIOS
from mock_rmm.stage import Running
from mock_rmm.web.json_input import Reply, given_object, limit, not_an_object, wrong

blueprint = Blueprint("rules_api", __name__, url_prefix="/api")

limit(blueprint)


@blueprint.get("/rules")
def list_rules() -> Reply:
    """Those that are on, in the order in which they are asked."""
    return jsonify(rules=[rule_json(each) for each in current_rmm().rules.all(datetime.now(UTC))])


@blueprint.post("/rules")
def post_rule() -> Reply:
    given = given_object()
    if given is None:
        return not_an_object()
    rule = read_rule(given, datetime.now(UTC))
    if isinstance(rule, dict):
        return wrong(rule)
    kept = current_rmm().rules.add(rule)
    response = jsonify(rule_json(Standing(kept)))
    response.headers["Location"] = f"/api/rules/{kept.id}"
    return response, 201


@blueprint.get("/rules/<int:rule_id>")
def get_rule(rule_id: int) -> Reply:
    standing = current_rmm().rules.get(rule_id, datetime.now(UTC))
    return _no_rule(rule_id) if standing is None else jsonify(rule_json(standing))


@blueprint.put("/rules/<int:rule_id>")
def put_rule(rule_id: int) -> Reply:
    """Change it; it counts anew."""
    given = given_object()
    if given is None:
        return not_an_object()
    now = datetime.now(UTC)
    if current_rmm().rules.get(rule_id, now) is None:
        return _no_rule(rule_id)
    rule = read_rule(given, now)
    if isinstance(rule, dict):
        return wrong(rule)
    kept = current_rmm().rules.change(rule_id, rule)
    return _no_rule(rule_id) if kept is None else jsonify(rule_json(Standing(kept)))


@blueprint.delete("/rules/<int:rule_id>")
def delete_rule(rule_id: int) -> Reply:
    if not current_rmm().rules.remove(lambda rule: rule.id == rule_id):
        return _no_rule(rule_id)
    return Response(status=204)


@blueprint.delete("/rules")
def delete_rules() -> Reply:
    """Remove all, those of faults and of scenarios too."""
    current_rmm().answer_as_usual()
    return Response(status=204)


@blueprint.get("/scenarios")
def list_scenarios() -> Reply:
    known = [
        {"name": each.name, "label": each.label, "about": each.about, "minutes": each.minutes}
        for each in SCENARIOS.values()
    ]
    now = datetime.now(UTC)
    return jsonify(scenarios=known, running=[running_json(each) for each in current_rmm().stage.running(now)])


@blueprint.post("/scenarios")
def start_scenario() -> Reply:
    """Start one, or start it anew."""
    given = given_object()
    if given is None:
        return not_an_object()
    rmm = current_rmm()
    wanted = read_scenario(given, [receiver.name for receiver in rmm.receivers.all()])
    if isinstance(wanted, dict):
        return wrong(wanted)
    return jsonify(running_json(rmm.stage.start(wanted.scenario, wanted.options, datetime.now(UTC))))


@blueprint.delete("/scenarios/<name>")
def stop_scenario(name: str) -> Reply:
    if name not in SCENARIOS:
        return jsonify(error=f"There is no scenario {name}. Known are {', '.join(SCENARIOS)}."), 404
    current_rmm().stage.stop(name)
    return Response(status=204)


@blueprint.delete("/scenarios")
def stop_scenarios() -> Reply:
    current_rmm().stage.stop_all()
    return Response(status=204)


def rule_json(standing: Standing) -> dict[str, Any]:
    rule = standing.rule
    headers: dict[str, list[str]] = {}
    for name, value in rule.headers:
        headers.setdefault(name, []).append(value)
    return {
        "id": rule.id,
        "name": rule.name or None,
        "scenario": rule.scenario or None,
        "match": match_json(rule.match),
        "fault": rule.fault,
        "sentence": fault_words(rule) + ".",
        "status": rule.status,
        "seconds": rule.seconds,
        "most_seconds": rule.most_seconds,
        "body": rule.body,
        "headers": headers,
        "from_nth": rule.from_nth,
        "every": rule.every,
        "times": rule.times,
        "until": time_json(rule.until),
        "rate": rule.rate,
        "seed": rule.seed,
        "priority": rule.priority,
        "seen": standing.seen,
        "befallen": standing.befallen,
        "left": standing.left,
    }


def running_json(running: Running) -> dict[str, Any]:
    """All but the password."""
    return {
        "scenario": running.scenario.name,
        "receiver": running.options.receiver or None,
        "since": time_json(running.since),
        "until": time_json(running.until),
        "rules": [rule_json(each) for each in running.standing],
    }


def _no_rule(rule_id: int) -> Reply:
    return jsonify(error=f"There is no rule {rule_id}: it was removed, or is used up."), 404
