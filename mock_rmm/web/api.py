"""The JSON API: alerts, the journal, faults and credentials."""

from datetime import UTC, datetime

from flask import Blueprint, Response, jsonify, request

from mock_rmm.credentials import Credentials
from mock_rmm.gateway import Trouble
from mock_rmm.rmm import current_rmm
from mock_rmm.rule_input import read_fault
from mock_rmm.trip import raise_alert
from mock_rmm.web.alert_input import read_alert
from mock_rmm.web.as_json import alert_json, entry_json, fault_json
from mock_rmm.web.json_input import Reply, given_object, limit, not_an_object, wrong

blueprint = Blueprint("api", __name__, url_prefix="/api")

MOST_ENTRIES = 1000
LONGEST_NAME = 255

limit(blueprint)


@blueprint.post("/alerts")
def post_alert() -> Reply:
    given = given_object()
    if given is None:
        return not_an_object()
    wanted = read_alert(given)
    if isinstance(wanted, dict):
        return wrong(wanted)
    outcome = raise_alert(
        current_rmm(), device=wanted.device, message=wanted.message, door=wanted.door, now=datetime.now(UTC)
    )
    if isinstance(outcome, Trouble):
        return jsonify(error=outcome.sentence), 502
    response = jsonify(alert_json(outcome))
    response.headers["Location"] = f"/api/alerts/{outcome.id}"
    return response, 201


@blueprint.get("/alerts")
def list_alerts() -> Reply:
    return jsonify(alerts=[alert_json(alert) for alert in current_rmm().alerts.newest_first()])


@blueprint.get("/alerts/<alert_id>")
def get_alert(alert_id: str) -> Reply:
    alert = current_rmm().alerts.get(alert_id)
    if alert is None:
        return jsonify(error=f"There is no alert {alert_id}."), 404
    return jsonify(alert_json(alert))


@blueprint.get("/requests")
def list_requests() -> Reply:
    """The journal, oldest first; `after` takes the last id that was seen."""
    numbers = {name: request.args.get(name, default) for name, default in (("after", "0"), ("limit", "1000"))}
    problems = {name: "Give a whole number." for name, text in numbers.items() if not _is_number(text)}
    if problems:
        return wrong(problems)
    journal = current_rmm().journal
    entries = journal.after(
        int(numbers["after"]),
        door=request.args.get("door", ""),
        limit=min(int(numbers["limit"]), MOST_ENTRIES),
    )
    return jsonify(
        requests=[entry_json(entry) for entry in entries], total=len(journal), dropped=journal.dropped
    )


@blueprint.get("/requests/<int:entry_id>")
def get_request(entry_id: int) -> Reply:
    entry = current_rmm().journal.get(entry_id)
    if entry is None:
        return jsonify(error=f"There is no request {entry_id} in the journal."), 404
    return jsonify(entry_json(entry))


@blueprint.delete("/requests")
def delete_requests() -> Reply:
    current_rmm().journal.clear()
    return Response(status=204)


@blueprint.put("/faults")
def put_fault() -> Reply:
    given = given_object()
    if given is None:
        return not_an_object()
    rule = read_fault(given)
    if isinstance(rule, dict):
        return wrong(rule)
    current_rmm().rules.add(rule)
    return jsonify(fault_json(rule, rule.times))


@blueprint.get("/faults")
def list_faults() -> Reply:
    standing = [each for each in current_rmm().rules.all(datetime.now(UTC)) if each.rule.place]
    return jsonify(faults=[fault_json(each.rule, each.left) for each in standing])


@blueprint.delete("/faults")
def delete_faults() -> Reply:
    """Remove every fault that was put here, or one door's with `?door=`; other rules stay."""
    door = request.args.get("door")
    current_rmm().rules.remove(lambda rule: bool(rule.place) and door in {None, rule.place})
    return Response(status=204)


@blueprint.put("/credentials")
def put_credentials() -> Reply:
    """Change what the doors want, as an RMM's admin may without telling anybody."""
    given = given_object()
    if given is None:
        return not_an_object()
    problems = {}
    for name in ("username", "password"):
        value = given.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
            problems[name] = f"Give a text of 1 to {LONGEST_NAME} characters."
    if not problems and ":" in given["username"]:
        problems["username"] = "HTTP Basic can't carry a colon in the user name."
    if problems:
        return wrong(problems)
    current_rmm().door_keys.change(Credentials(given["username"], given["password"]))
    return jsonify(username=given["username"])


@blueprint.delete("/credentials")
def delete_credentials() -> Reply:
    current_rmm().door_keys.reset()
    return Response(status=204)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16  # noqa: PLR2004 (no id is longer)
