"""Which rules an event fires, and the firing itself, inside the transaction of the ticket's change."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from portal.core import rules
from portal.core.actors import SYSTEM
from portal.delivery import outbox
from portal.models import Callout, Rule, RuleAction
from portal.tickets import change
from portal.tickets.event import TicketEvent
from portal.workflow.actions import ACTIONS
from portal.workflow.actions.action import settings_of
from portal.workflow.events import EVENTS
from portal.workflow.events.event import done_by

# Source: the original product's rules: "up to 5 in a chain; then it stops, and the history says so".
LONGEST_CHAIN = 5


def react(session: Session, events: Iterable[TicketEvent]) -> list[int]:
    """Fire every active rule that an event matches, then those that match what their actions change, and so on.

    A chain of rules is at most five long, and each rule fires once in it. Gives the ids of the deliveries that
    will be sent because of it. The caller commits.
    """
    queue = deque((event, 1) for event in events)
    fired: set[int] = set()
    deliveries: list[int] = []
    while queue:
        event, place = queue.popleft()
        for rule in matching_rules(session, event):
            if rule.id in fired:
                continue
            if place > LONGEST_CHAIN:
                _note_stop(session, rule, event)
                break
            fired.add(rule.id)
            _note_firing(session, rule, event)
            effects = _Effects(session, event, rule.name)
            for action in rule.actions:
                if action.kind in ACTIONS:
                    kind = ACTIONS[action.kind]
                    kind.run(settings_of(kind, action), effects)
            deliveries += effects.deliveries
            queue += [(each, place + 1) for each in effects.events]
    return deliveries


def matching_rules(session: Session, event: TicketEvent) -> list[Rule]:
    """Find the active rules that an event matches, by name."""
    if not any(each.happened(event) for each in EVENTS.values()):
        return []
    query = (
        select(Rule)
        .filter_by(active=True)
        .order_by(Rule.name)
        # the engine reads every field of a callout, its UDF included; the session may be new
        .options(joinedload(Rule.actions).joinedload(RuleAction.callout).joinedload(Callout.udf))
    )
    return [rule for rule in session.scalars(query).unique() if matches(rule, event)]


def matches(rule: Rule, event: TicketEvent) -> bool:
    """Say whether one of the rule's events happened and all of its conditions hold."""
    return any(
        each.kind in EVENTS and EVENTS[each.kind].happened(event) and done_by(each.actor, event.context.actor)
        for each in rule.events
    ) and all(
        rules.holds(
            rules.Condition(each.field, each.operator, tuple(map(str, each.operands))),
            event.before.get(each.field),
            event.after.get(each.field),
        )
        for each in rule.conditions
    )


def _note_firing(session: Session, rule: Rule, event: TicketEvent) -> None:
    """Keep when a rule last fired, unless another ticket's change is doing so right now.

    Whoever waited for that one's commit would make all tickets wait for each other.
    """
    free = select(Rule.id).where(Rule.id == rule.id).with_for_update(skip_locked=True, key_share=True)
    statement = update(Rule).where(Rule.id.in_(free)).values(last_fired_at=event.context.now)
    session.execute(statement, execution_options={"synchronize_session": False})
    session.expire(rule, ["last_fired_at"])


def _note_stop(session: Session, rule: Rule, event: TicketEvent) -> None:
    stopped = f"Stopped after a chain of {LONGEST_CHAIN} rules; “{rule.name}” would have been the next."
    context = replace(event.context, actor=SYSTEM)
    session.add(change.history(event.ticket, context, "Workflow rules", new=stopped))
    session.flush()


class _Effects:
    """What the actions of one rule cause, for one event."""

    def __init__(self, session: Session, event: TicketEvent, rule_name: str) -> None:
        self._session = session
        self._event = event
        self._rule_name = rule_name
        self.deliveries: list[int] = []
        self.events: list[TicketEvent] = []

    def execute_callout(self, callout: Callout) -> None:
        context = self._event.context
        delivery = outbox.enqueue(
            self._session,
            callout,
            self._event.ticket,
            rule_name=self._rule_name,
            domain=context.domain,
            now=context.now,
        )
        if delivery is not None and callout.active:
            self.deliveries.append(delivery.id)

    def edit_ticket(self, values: Mapping[str, Any], udfs: Mapping[int, str | None]) -> None:
        context = replace(self._event.context, actor=SYSTEM)
        _, events = change.edit(self._session, context, self._event.ticket.id, values, udfs)
        self.events += events
