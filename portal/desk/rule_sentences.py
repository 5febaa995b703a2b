"""A workflow rule in words: when it fires, if what, and what it does, as one sentence each."""

from datetime import datetime, tzinfo
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from portal.core.declared import Setting
from portal.core.rules import OPERATORS
from portal.core.texts import isolated
from portal.models import Callout, Rule, RuleAction, RuleCondition, Udf
from portal.tickets import fields
from portal.workflow.actions import ACTIONS
from portal.workflow.actions.action import Action, settings_of
from portal.workflow.events import EVENTS
from portal.workflow.events.event import BY

NO_CONDITIONS = "No conditions"


class RuleWords:
    """Writes sentences for many rules, and looks up each label once. Times are written in ``zone``."""

    def __init__(self, session: Session, zone: tzinfo) -> None:
        self._zone = zone
        self._field = cache(lambda name: isolated(_field_words(session, name)))
        self._value = cache(lambda name, value: isolated(fields.value_label(session, name, value)))

    def events(self, rule: Rule) -> str:
        """Write e.g. "Created by anyone, or edited by an API user"."""
        parts = [
            " ".join(
                (EVENTS[each.kind].label, *(own.shown(each.actor) for own in EVENTS[each.kind].settings))
            )
            for each in rule.events
            if each.kind in EVENTS and each.actor in BY
        ]
        return _capital(", or ".join(_small(part) for part in parts)) or "No event"

    def conditions(self, rule: Rule) -> str:
        """Write e.g. "Status changed to Complete, and Title contains “disk”"."""
        return ", and ".join(map(self._condition, rule.conditions)) or NO_CONDITIONS

    def actions(self, rule: Rule) -> str:
        """Write e.g. "Execute extension callout “Acme RMM”"."""
        parts = [_action(ACTIONS[each.kind], each) for each in rule.actions if each.kind in ACTIONS]
        return _capital(", and ".join(parts)) or "No action"

    def _condition(self, condition: RuleCondition) -> str:
        operator = OPERATORS.get(condition.operator)
        words = _small(operator.label) if operator else condition.operator
        values = [self._operand(condition.field, str(each)) for each in condition.operands]
        return " ".join(filter(None, (self._field(condition.field), words, _either(values))))

    def _operand(self, field: str, value: str) -> str:
        kind = fields.FIELDS[field].kind if field in fields.FIELDS else "text"
        if kind == "text":
            return f"“{value}”"
        if kind == "date":
            try:
                there = datetime.fromisoformat(value).astimezone(self._zone)
            except ValueError:
                return value
            return f"{there.day} {there:%b %Y, %H:%M %Z}"
        label: str = self._value(field, value)
        return label


def _field_words(session: Session, name: str) -> str:
    """Name a field, and say so where it is inactive."""
    label = fields.field_label(session, name)
    udf = (
        session.get(Udf, int(name.removeprefix(fields.UDF_PREFIX)))
        if name.startswith(fields.UDF_PREFIX)
        else None
    )
    return label if udf is None or udf.active else f"{label} (inactive field)"


def _action(action: Action, row: RuleAction) -> str:
    found = settings_of(action, row)
    return action.words.format_map({each.name: _setting(each, found[each.name]) for each in action.settings})


def _setting(setting: Setting, value: Any) -> str:
    if isinstance(value, Callout):
        return f"“{value.name}”" + ("" if value.active else " (inactive, not sent)")
    return setting.shown(value)


def _either(values: list[str]) -> str:
    return (
        values[0] if len(values) == 1 else " or ".join((", ".join(values[:-1]), values[-1])) if values else ""
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]
