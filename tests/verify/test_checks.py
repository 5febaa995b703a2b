"""What `portal verify` objects to: a round trip that went right, and then each thing that may go wrong."""

from dataclasses import replace
from datetime import UTC, datetime

from portal.verify.checks import problems
from portal.verify.pages import Delivery, Note
from portal.verify.rmm import Alert, Received
from portal.verify.scenarios import SCENARIOS, Scenario
from portal.verify.seen import Seen

BY_NAME = {each.name: each for each in SCENARIOS}
CLEARED = Note("Alert cleared", "Alert cleared The alert was cleared.")


def right(scenario: Scenario) -> Seen:
    """What is seen when everything is as it should be."""
    outcome = "delivered" if scenario.delivered else "failed"
    authorised = not scenario.credentials_changed
    return Seen(
        alert=Alert("A1", 7, "T20261124.0001", datetime.now(UTC) if scenario.delivered else None),
        deliveries=[Delivery(outcome, scenario.attempts)],
        notes=[Note(f"Extension callout {outcome}", ""), *([CLEARED] if scenario.delivered else [])],
        mails=[f"Callout {outcome}: Mock RMM, SOAP for T20261124.0001 Disk full"],
        received=[Received("msg_1", number + 1, authorised) for number in range(scenario.attempts)],
    )


def test_a_right_round_trip_is_not_objected_to():
    for scenario in SCENARIOS:
        assert problems(scenario, right(scenario)) == [], scenario.name


def test_what_is_wrong_is_told():
    for name, changes, sentence in (
        ("round-trip", {"deliveries": []}, "The ticket's deliveries are none"),
        ("round-trip", {"deliveries": [Delivery("failed", 1)]}, "deliveries are failed; there should be one"),
        ("round-trip", {"deliveries": [Delivery("delivered", 1)] * 2}, "deliveries are delivered, delivered"),
        ("refused", {"deliveries": [Delivery("failed", 10)]}, "counts 10 attempts instead of 11"),
        ("round-trip", {"received": []}, "journal has the attempts [] instead of 1 to 1"),
        (
            "reset",
            {"received": [Received("a", 1, True), Received("b", 2, True)]},
            "have 2 different webhook-ids",
        ),
        ("reset", {"received": [Received("", 1, True), Received("", 2, True)]}, "webhook-ids"),
        ("reset", {"received": [Received("a", 2, True), Received("a", 1, True)]}, "attempts [2, 1]"),
        ("round-trip", {"received": [Received("a", 1, False)]}, "refused the credentials of 1 attempts"),
        ("round-trip", {"mails": []}, "The notifications are none"),
        ("refused", {"mails": ["Callout failed: x"] * 2}, "there should be one that says failed"),
        ("refused", {"mails": ["Callout delivered: x"]}, "there should be one that says failed"),
        ("round-trip", {"notes": [CLEARED]}, "The portal's notes on the ticket are none"),
        ("round-trip", {"notes": [Note("Extension callout delivered", "")]}, "is on the ticket 0 times"),
        ("refused", {"notes": [Note("Extension callout failed", ""), CLEARED]}, "is on the ticket 1 times"),
        ("round-trip", {"alert": Alert("A1", 7, "T", None)}, "The alert is still open."),
        ("refused", {"alert": Alert("A1", 7, "T", datetime.now(UTC))}, "The alert was cleared."),
    ):
        scenario = BY_NAME[name]
        told = problems(scenario, replace(right(scenario), **changes))
        assert sentence in " ".join(told), changes
