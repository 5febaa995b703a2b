"""The rules, the faults and the scenarios in the JSON API."""

from datetime import UTC, datetime

from msgspec import Struct

from mock_rmm.api import answers
from mock_rmm.api.answers import Fault, Rule, fault_answer, rule_answer, running_answer, shown
from mock_rmm.api.inputs import OfEndpoint, WantedFault, WantedRule, WantedScenario
from mock_rmm.api.operation import Reply, refusal, wrong
from mock_rmm.api.reading import Problems
from mock_rmm.rmm import current_rmm
from mock_rmm.rules.rules import Standing
from mock_rmm.rules.scenarios import SCENARIOS, Options, Running


def faults() -> Struct:
    standing = [each for each in current_rmm().rules.all(datetime.now(UTC)) if each.rule.place]
    return answers.Faults([fault_answer(each.rule, each.left) for each in standing])


def put_fault(wanted: WantedFault) -> Fault:
    rule = wanted.rule()
    current_rmm().rules.add(rule)
    return fault_answer(rule, rule.times)


def clear_faults(wanted: OfEndpoint) -> None:
    """Remove every fault that was put here, or one endpoint's with `?door=`; other rules stay."""
    current_rmm().rules.remove(lambda rule: bool(rule.place) and wanted.door in {None, rule.place})


def listing() -> Struct:
    return answers.Rules([rule_answer(each) for each in current_rmm().rules.all(datetime.now(UTC))])


def post(wanted: WantedRule) -> Reply:
    kept = current_rmm().rules.add(wanted.rule(datetime.now(UTC)))
    return Reply(rule_answer(Standing(kept)), 201, {"Location": f"/api/rules/{kept.id}"})


def one(rule_id: int) -> Rule | Reply:
    standing = current_rmm().rules.get(rule_id, datetime.now(UTC))
    return _missing(rule_id) if standing is None else rule_answer(standing)


def put(rule_id: int, wanted: WantedRule) -> Rule | Reply:
    now = datetime.now(UTC)
    rules = current_rmm().rules
    kept = rules.change(rule_id, wanted.rule(now)) if rules.get(rule_id, now) else None
    return _missing(rule_id) if kept is None else rule_answer(Standing(kept))


def delete(rule_id: int) -> Reply | None:
    return None if current_rmm().rules.remove(lambda rule: rule.id == rule_id) else _missing(rule_id)


def scenarios() -> Struct:
    running = current_rmm().stage.running(datetime.now(UTC))
    return answers.Scenarios(
        [shown(answers.Scenario, each) for each in SCENARIOS.values()],
        [running_answer(each) for each in running],
    )


def start_scenario(wanted: WantedScenario) -> answers.RunningScenario | Reply:
    started = start(wanted, datetime.now(UTC))
    return wrong(started) if isinstance(started, dict) else running_answer(started)


def start(wanted: WantedScenario, now: datetime) -> Running | Problems:
    rmm = current_rmm()
    if wanted.receiver and rmm.receivers.get(wanted.receiver) is None:
        return {"receiver": "There is no such receiver: name one, or leave it out for all."}
    options = Options(wanted.receiver or "", wanted.minutes, wanted.seed, wanted.password or "")
    return rmm.stage.start(SCENARIOS[wanted.scenario], options, now)


def stop_scenario(name: str) -> Reply | None:
    if name not in SCENARIOS:
        return refusal(404, f"There is no scenario {name}. Known are {', '.join(SCENARIOS)}.")
    current_rmm().stage.stop(name)
    return None


def _missing(rule_id: int) -> Reply:
    return refusal(404, f"There is no rule {rule_id}: it was removed, or is used up.")
