"""Which workflow rules look at a field, or compare it with a value: what they need can't be deleted."""

from collections.abc import Collection, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Rule, RuleCondition


def rules_by_field(session: Session, fields: Collection[str]) -> dict[str, list[Rule]]:
    """List the rules that have a condition on each of these fields, sorted by name."""
    return {
        field: _distinct(rule for _, rule in found) for field, found in _conditions(session, fields).items()
    }


def rules_by_value(session: Session, field: str) -> dict[str, list[Rule]]:
    """List the rules that compare a field with each value that any rule names, sorted by name."""
    rules: dict[str, list[Rule]] = {}
    for condition, rule in _conditions(session, [field])[field]:
        for value in condition.operands:
            rules.setdefault(str(value), []).append(rule)
    return {value: _distinct(found) for value, found in rules.items()}


def named(rules: Iterable[Rule]) -> str:
    """Name rules as part of a sentence: "the workflow rule “A” uses it"; "" without any."""
    names = [f"“{rule.name}”" for rule in rules]
    if len(names) <= 1:
        return "".join(f"the workflow rule {name} uses it" for name in names)
    return f"the workflow rules {', '.join(names[:-1])} and {names[-1]} use it"


def _conditions(session: Session, fields: Collection[str]) -> dict[str, list[tuple[RuleCondition, Rule]]]:
    query = (
        select(RuleCondition, Rule)
        .join(Rule, Rule.id == RuleCondition.rule_id)
        .where(RuleCondition.field.in_(fields))
        .order_by(Rule.name, Rule.id)
    )
    found: dict[str, list[tuple[RuleCondition, Rule]]] = {field: [] for field in fields}
    for condition, rule in session.execute(query):
        found[condition.field].append((condition, rule))
    return found


def _distinct(rules: Iterable[Rule]) -> list[Rule]:
    return list({rule.id: rule for rule in rules}.values())
