"""Checks the end of a scenario. Pure: (scenario, what was observed) -> problems, a sentence each."""

from collections.abc import Iterator

from portal.verify.scenarios import Scenario
from portal.verify.seen import Seen


def problems(scenario: Scenario, seen: Seen) -> list[str]:
    return [
        *_delivery(scenario, seen),
        *_receiver(scenario, seen),
        *_notifications(scenario, seen),
        *_alert(scenario, seen),
    ]


def _delivery(scenario: Scenario, seen: Seen) -> Iterator[str]:
    wanted = "delivered" if scenario.delivered else "failed"
    states = [each.state for each in seen.deliveries]
    if states != [wanted]:
        yield f"The ticket's deliveries are {', '.join(states) or 'none'}; there should be one, {wanted}."
    if seen.attempts != scenario.attempts:
        yield f"The portal counts {seen.attempts} attempts instead of {scenario.attempts}."


def _receiver(scenario: Scenario, seen: Seen) -> Iterator[str]:
    arrived = [each.attempt for each in seen.received]
    if arrived != list(range(1, scenario.attempts + 1)):
        yield f"The receiver's journal has the attempts {arrived} instead of 1 to {scenario.attempts}."
    ids = {each.webhook_id for each in seen.received}
    if len(ids) != 1 or "" in ids:
        yield f"The attempts have {len(ids)} different webhook-ids instead of one."
    refused = sum(not each.authorised for each in seen.received)
    if refused != (scenario.attempts if scenario.credentials_changed else 0):
        yield f"The receiver refused the credentials of {refused} attempts."


def _notifications(scenario: Scenario, seen: Seen) -> Iterator[str]:
    outcome = "delivered" if scenario.delivered else "failed"
    if len(seen.mails) != 1 or f"Callout {outcome}" not in seen.mails[0]:
        yield f"The notifications are {seen.mails or 'none'}; there should be one that says {outcome}."
    notes = [each.title for each in seen.notes_titled("Extension callout")]
    if notes != [f"Extension callout {outcome}"]:
        yield f"The portal's notes on the ticket are {notes or 'none'}; there should be one that says {outcome}."


def _alert(scenario: Scenario, seen: Seen) -> Iterator[str]:
    cleared = seen.alert.cleared_at is not None
    if cleared != scenario.delivered:
        yield "The alert is still open." if scenario.delivered else "The alert was cleared."
    back = len(seen.notes_titled("Alert cleared"))
    if back != (1 if scenario.delivered else 0):
        yield f"The mock RMM's note “Alert cleared” is on the ticket {back} times."
