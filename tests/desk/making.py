"""Callouts and rules that use things, and what a use case refuses."""

import pytest

from portal.clock import now
from portal.core.problems import Invalid
from portal.core.rules import Condition
from portal.desk.rule_checks import ActionValues, RuleValues
from portal.desk.rules import save_rule
from portal.models import Callout, CalloutRecipient, Rule

HOSTILE = {
    "empty": "   ",
    "NUL": "Acme\x00",
    "line break": "Acme\nLtd",
    "lone surrogate": "Acme\ud800",
    "10,000 characters": "x" * 10_000,
}


def refused(save, *arguments, **values) -> dict[str, str]:
    """Call a use case that must refuse, and give its sentences."""
    with pytest.raises(Invalid) as error:
        save(*arguments, **values)
    assert all(each[-1] in ".?" for each in error.value.problems.values())
    return error.value.problems


def make_callout(session, name="Acme RMM", *, told=(), **values) -> Callout:
    """Make a callout; ``told`` are pairs of a resource and a slot."""
    row = Callout(name=name, url="https://rmm.example/callouts", **values)
    row.recipients = [CalloutRecipient(resource_id=resource.id, slot=slot) for resource, slot in told]
    session.add(row)
    session.commit()
    return row


def make_rule(session, name: str, field: str, value: str) -> Rule:
    """Make a rule that compares a field with a value."""
    values = RuleValues(
        name=name,
        events=(("edited", "anyone"),),
        conditions=(Condition(field, "equal", (value,)),),
        actions=(ActionValues("execute_callout", make_callout(session, f"For {name}").id),),
    )
    rule = save_rule(session(), None, values, now=now())
    session.commit()
    return rule
