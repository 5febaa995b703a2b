"""Which rules a happening fires, and the firing itself, inside the transaction of the ticket's change."""

from collections.abc import Iterator

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from portal.core import rules
from portal.delivery import outbox
from portal.models import Callout, Rule, RuleAction
from portal.tickets.event import Happening
from portal.workflow.actions import ACTIONS
from portal.workflow.actions.action import settings_of
from portal.workflow.events import EVENTS
from portal.workflow.events.event import done_by


def react(session: Session, happening: Happening, domain: str) -> None:
    """Fire every active rule that matches. ``domain`` is the instance's login domain. The caller commits."""
    for rule in matching_rules(session, happening):
        _note_firing(session, rule, happening)
        effects = _Effects(session, happening, rule.name, domain)
        for action in rule.actions:
            if action.kind in ACTIONS:
                kind = ACTIONS[action.kind]
                kind.run(settings_of(kind, action), effects)


def _note_firing(session: Session, rule: Rule, happening: Happening) -> None:
    """Keep when a rule last fired, unless another ticket's change is doing so right now.

    Whoever waited for that one's commit would make all tickets wait for each other.
    """
    free = select(Rule.id).where(Rule.id == rule.id).with_for_update(skip_locked=True, key_share=True)
    statement = update(Rule).where(Rule.id.in_(free)).values(last_fired_at=happening.now)
    session.execute(statement, execution_options={"synchronize_session": False})
    session.expire(rule, ["last_fired_at"])


def matching_rules(session: Session, happening: Happening) -> Iterator[Rule]:
    query = (
        select(Rule)
        .filter_by(active=True)
        .order_by(Rule.name)
        # the engine reads every field of a callout, its UDF included; the session may be new
        .options(joinedload(Rule.actions).joinedload(RuleAction.callout).joinedload(Callout.udf))
    )
    return (rule for rule in session.scalars(query).unique() if matches(rule, happening))


def matches(rule: Rule, happening: Happening) -> bool:
    """Say whether one of the rule's events happened and all of its conditions hold."""
    return any(
        event.kind in EVENTS
        and EVENTS[event.kind].happened(happening)
        and done_by(event.actor, happening.actor)
        for event in rule.events
    ) and all(
        rules.holds(
            rules.Condition(each.field, each.operator, tuple(map(str, each.operands))),
            happening.before.get(each.field),
            happening.after.get(each.field),
        )
        for each in rule.conditions
    )


class _Effects:
    """What actions cause, for one rule and one happening."""

    def __init__(self, session: Session, happening: Happening, rule_name: str, domain: str) -> None:
        self._session = session
        self._happening = happening
        self._rule_name = rule_name
        self._domain = domain

    def execute_callout(self, callout: Callout) -> None:
        outbox.enqueue(
            self._session,
            callout,
            self._happening.ticket,
            rule_name=self._rule_name,
            domain=self._domain,
            now=self._happening.now,
        )
