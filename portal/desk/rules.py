"""Save, switch, copy and delete workflow rules. Every function works in the caller's transaction."""

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core.problems import Invalid, NotFound
from portal.core.rules import Condition
from portal.core.texts import fold_name, trimmed
from portal.core.tickets import COMPLETE
from portal.desk import rule_checks
from portal.desk.names import SAVE_AGAIN
from portal.desk.rule_checks import ActionValues, RuleValues
from portal.models import Callout, Rule, RuleAction, RuleCondition, RuleEvent


@dataclass(frozen=True, slots=True)
class Preset:
    """A beginning for a new rule; ``happens`` is what it waits for, and becomes part of the rule's name."""

    label: str
    text: str
    happens: str
    values: RuleValues


PRESETS: dict[str, Preset] = {
    "recommended": Preset(
        "Recommended: when a ticket is completed",
        "Edited by anyone, and Status Changed to Complete. The callout goes out once, when the work is done.",
        "ticket completed",
        RuleValues(
            name="",
            events=(("edited", "anyone"),),
            conditions=(Condition("status", "changed_to", (str(COMPLETE),)),),
            actions=(ActionValues("execute_callout"),),
        ),
    ),
    "basic": Preset(
        "Basic: on every change",
        "Created or edited by anyone, without conditions. The callout goes out each time a ticket is saved.",
        "ticket changed",
        RuleValues(
            name="",
            events=(("created", "anyone"), ("edited", "anyone")),
            actions=(ActionValues("execute_callout"),),
        ),
    ),
}


_CHANGED_MEANWHILE = (
    "This rule was changed in another tab or by somebody else since you opened it. Your entries are still "
    "below; open the rule in another tab to compare, then save again."
)


def preset(name: str, callout_id: int | None = None) -> RuleValues:
    """Return a preset's values with a callout filled in."""
    values = PRESETS[name].values
    return replace(values, actions=tuple(replace(each, callout_id=callout_id) for each in values.actions))


def save_rule(
    session: Session, rule_id: int | None, values: RuleValues, *, now: datetime, seen: str = ""
) -> Rule:
    """Check and save a rule; ``rule_id`` is None for a new one. The caller commits.

    ``seen`` is the rule's fingerprint as the editor opened it: if somebody changed the rule since, the save
    is refused. A save that changes nothing is no change. Raises NotFound, and Invalid. Problems of a row are
    keyed by its place, as "conditions-0-value".
    """
    stored = None if rule_id is None else lock_rule(session, rule_id)
    before = values_of(stored) if stored else None
    if stored and values == before:
        return stored
    if stored and seen and seen != fingerprint(stored):
        raise Invalid({"": _CHANGED_MEANWHILE})
    name = trimmed(values.name, stored.name if stored else None)
    checked = rule_checks.check(session, name, values, before, stored.id if stored else None)
    rule = stored or Rule(created_at=now)
    try:
        with session.begin_nested():
            _write(rule, replace(values, name=name, conditions=tuple(checked)), before)
            session.add(rule)
    except IntegrityError as error:
        # somebody took the name, or deleted a callout, since the check; it says which
        session.expire_all()
        rule_checks.check(session, name, values, before, rule_id)
        raise Invalid({"": SAVE_AGAIN}) from error
    return rule


def _write(rule: Rule, values: RuleValues, before: RuleValues | None) -> None:
    """Write what differs from ``before``."""
    rule.name, rule.active = values.name, values.active
    if before is None or values.events != before.events:
        rule.events = [RuleEvent(kind=kind, actor=actor) for kind, actor in values.events]
    if before is None or values.conditions != before.conditions:
        rule.conditions = [
            RuleCondition(field=each.field, operator=each.operator, operands=list(each.operands))
            for each in values.conditions
        ]
    if before is None or values.actions != before.actions:
        rule.actions = [
            RuleAction(kind=each.kind, callout_id=each.callout_id, params=dict(each.params))
            for each in values.actions
        ]


def values_of(rule: Rule) -> RuleValues:
    """Return a stored rule as an admin would enter it."""
    return RuleValues(
        name=rule.name,
        active=rule.active,
        events=tuple((each.kind, each.actor) for each in rule.events),
        conditions=tuple(
            Condition(each.field, each.operator, tuple(map(str, each.operands))) for each in rule.conditions
        ),
        actions=tuple(ActionValues(each.kind, each.callout_id, each.params) for each in rule.actions),
    )


def copy_of(session: Session, rule: Rule) -> RuleValues:
    """Return the values of a copy, under a name that is free. Nothing is saved."""
    names = (
        f"Copy {count} of {rule.name}" if count > 1 else f"Copy of {rule.name}"
        for count in itertools.count(1)
    )
    return replace(values_of(rule), name=_first_free(session, names))


def name_for(session: Session, callout: Callout, preset_name: str) -> str:
    """Find a free name for a new rule of a callout, e.g. "Acme RMM: ticket completed"."""
    happens = PRESETS[preset_name].happens
    wanted = f"{callout.name[: rule_checks.MAX_NAME - len(happens) - 6]}: {happens}"
    more = (f"{wanted} {count}" for count in itertools.count(2))
    return _first_free(session, itertools.chain((wanted,), more))


def fingerprint(rule: Rule) -> str:
    """Return a short text that differs when anything that an admin enters differs."""
    return hashlib.sha256(repr(values_of(rule)).encode()).hexdigest()[:16]


def set_rule_active(session: Session, rule_id: int, *, active: bool) -> Rule:
    """Activate or deactivate a rule. Deliveries it has already caused are not touched."""
    rule = lock_rule(session, rule_id)
    rule.active = active
    return rule


def delete_rule(session: Session, rule_id: int) -> str:
    """Delete a rule, and return its name. Deliveries keep the name of the rule that caused them."""
    rule = lock_rule(session, rule_id)
    session.delete(rule)
    session.flush()
    return rule.name


def lock_rule(session: Session, rule_id: int) -> Rule:
    """Load a rule as it is now, and keep others from changing it until the commit. Raises NotFound."""
    query = select(Rule).filter_by(id=rule_id).with_for_update(of=Rule)
    rule = session.scalar(query.execution_options(populate_existing=True))
    if rule is None:
        raise NotFound(f"There is no workflow rule with the id {rule_id}.")
    return rule


def _first_free(session: Session, names: Iterable[str]) -> str:
    taken = {fold_name(name) for name in session.scalars(select(Rule.name))}
    cut = (name[: rule_checks.MAX_NAME].rstrip() for name in names)
    return next(name for name in cut if fold_name(name) not in taken)
