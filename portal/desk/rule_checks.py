"""Whether a workflow rule can be accepted, and if not, why: a sentence for each row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy.orm import Session

from portal.core.declared import Kind, Setting, Value
from portal.core.problems import Invalid
from portal.core.rules import OPERATORS, Condition
from portal.desk import references
from portal.desk.names import name_problem
from portal.desk.rule_fields import ConditionField, condition_fields, operands_of
from portal.models import Rule
from portal.workflow.actions import ACTIONS
from portal.workflow.actions.action import CALLOUT
from portal.workflow.events import EVENTS

MAX_NAME, MAX_ROWS = 100, 50
THING = "workflow rule"
Problems = dict[str, str]


@dataclass(frozen=True, slots=True)
class ActionValues:
    """``kind`` is a key of ACTIONS; ``params`` are its settings but for the callout, which is a column of its own."""

    kind: str
    callout_id: int | None = None
    params: Mapping[str, Value] = field(default_factory=dict)

    def value(self, setting: Setting) -> Value:
        if setting.refers_to == CALLOUT:
            return self.callout_id
        return self.params.get(setting.name, setting.initial)

    @classmethod
    def of(cls, kind: str, values: Mapping[str, Value]) -> Self:
        """Make one of values by the names of the settings that the kind of action declares."""
        found: dict[str, Value] = {}
        callout_id = None
        for each in ACTIONS[kind].settings if kind in ACTIONS else ():
            value = values.get(each.name, each.initial)
            if each.refers_to != CALLOUT:
                found[each.name] = value
            elif isinstance(value, int):
                callout_id = value
        return cls(kind, callout_id, found)


@dataclass(frozen=True, slots=True)
class RuleValues:
    """What an admin enters. ``events`` are pairs of a key of EVENTS and one of BY."""

    name: str
    active: bool = True
    events: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Condition, ...] = ()
    actions: tuple[ActionValues, ...] = ()


def check(
    session: Session, name: str, values: RuleValues, stored: RuleValues | None, rule_id: int | None
) -> list[Condition]:
    """Return the conditions as they are stored, or raise Invalid. ``stored`` is None for a new rule.

    What is stored already is never refused.
    """
    problems: Problems = {}
    stored = stored or RuleValues("")
    if name != stored.name or not name:
        sentence = name_problem(session, Rule, name, rule_id, THING, MAX_NAME)
        problems |= {"name": sentence} if sentence else {}
    if not values.events or values.events != stored.events:
        _check_events(values.events, problems)
    conditions = _check_conditions(session, values.conditions, stored.conditions, problems)
    if not values.actions or values.actions != stored.actions:
        _check_actions(session, values.actions, problems)
    if problems:
        raise Invalid(problems)
    return conditions


def _check_events(events: Sequence[tuple[str, str]], problems: Problems) -> None:
    if not events:
        problems["events"] = "Tick at least one event: without one, the rule never fires."
    for kind, actor in events:
        if kind not in EVENTS:
            problems["events"] = f"There is no event “{kind}”."
            continue
        for setting in EVENTS[kind].settings:
            if sentence := setting.problem(actor):
                problems[f"event-{kind}-{setting.name}"] = sentence
    kinds = [kind for kind, _ in events]
    if len(set(kinds)) < len(kinds):
        problems["events"] = "Each event can be chosen once."


def _check_conditions(
    session: Session, conditions: Sequence[Condition], stored: Sequence[Condition], problems: Problems
) -> list[Condition]:
    if len(conditions) > MAX_ROWS:
        problems["conditions"] = f"A rule has at most {MAX_ROWS} conditions."
        return []
    fields = condition_fields(session)
    kept: dict[str, set[str]] = {}
    for each in stored:
        kept.setdefault(each.field, set()).update(each.operands)
    checked = []
    for place, condition in enumerate(conditions):
        if condition in stored:
            checked.append(condition)
            continue
        try:
            checked.append(_checked_condition(condition, fields.get(condition.field), kept))
        except Invalid as refused:
            for part, sentence in refused.problems.items():
                problems[f"conditions-{place}-{part}"] = sentence
    return checked


def _checked_condition(
    condition: Condition, field: ConditionField | None, kept: dict[str, set[str]]
) -> Condition:
    """Raises Invalid, keyed by the part of the row: field, operator or value."""
    if field is None:
        raise Invalid({"field": "Choose a field."})
    if not field.active and field.name not in kept:
        raise Invalid({"field": f"“{field.label}” is inactive. Choose another field."})
    operator = OPERATORS.get(condition.operator)
    if operator is None:
        raise Invalid({"operator": "Choose an operator."})
    if not field.takes(operator.name):
        instead = "Equal to, or In list" if field.options else "Greater than, Less than, or Equal to"
        raise Invalid({"operator": f"{operator.label} means nothing for {field.label}. Choose {instead}."})
    try:
        operands = operands_of(field, operator, condition.operands, kept.get(field.name, ()))
    except Invalid as refused:
        raise Invalid({"value": refused.problems[""]}) from refused
    return Condition(field.name, operator.name, operands)


def _check_actions(session: Session, actions: Sequence[ActionValues], problems: Problems) -> None:
    if not actions:
        problems["actions"] = "Add at least one action: without one, the rule does nothing."
    if len(actions) > MAX_ROWS:
        problems["actions"] = f"A rule has at most {MAX_ROWS} actions."
        return
    seen: set[tuple[str, str, Value]] = set()
    for place, each in enumerate(actions):
        if each.kind not in ACTIONS:
            problems[f"actions-{place}-kind"] = "Choose an action."
            continue
        for setting in ACTIONS[each.kind].settings:
            value = each.value(setting)
            this = (each.kind, setting.name, value)
            sentence = _setting_problem(session, setting, value)
            if not sentence and setting.repeated and this in seen:
                sentence = setting.repeated
            if sentence:
                problems[f"actions-{place}-{setting.name}"] = sentence
            seen.add(this)


def _setting_problem(session: Session, setting: Setting, value: Value) -> str | None:
    gone = (
        setting.kind is Kind.REFERENCE
        and value is not None
        and not references.exists(session, setting, value)
    )
    if gone:
        return setting.missing or f"{setting.word} does not exist any more. Choose another one."
    return setting.problem(value)
