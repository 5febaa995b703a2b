"""The ledger: whatever receivers do, every delivery that is expected is accounted for, on both sides."""

import random
from collections import Counter

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.db.engine import db
from portal.db.services import services
from portal.delivery import outbox
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import ENDED_STATES, OPEN_STATES
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.delivery.test_drain import change
from tests.receiver import Answer, listening, reset

pytestmark = pytest.mark.slow

TICKETS = 12
FAULT = b"<methodResponse><fault><value>no</value></fault></methodResponse>"
# What the receivers do, so that each outcome is common.
MOODS = [
    Answer(),
    Answer(204, b""),
    Answer(503),
    Answer(429, headers={"Retry-After": "90"}),
    Answer(404),
    Answer(302, headers={"Location": "/elsewhere"}),
    Answer(act=reset),
    Answer(200, FAULT),
    Answer(200, b"x" * 100_000),
]


def books(session, receivers) -> dict[str, int]:
    """Count both sides: what the portal says of its deliveries, and what the receivers wrote down."""
    session.rollback()
    states = Counter(
        dict(session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all())
    )
    kinds = session.execute(select(Attempt.error_kind, func.count()).group_by(Attempt.error_kind))
    attempts = Counter(dict(kinds.all()))
    session.rollback()
    return {
        "expected": states.total(),
        "ended": sum(states[each] for each in ENDED_STATES),
        "open": sum(states[each] for each in OPEN_STATES),
        "sending": states["sending"],
        "delivered": states["delivered"],
        # a lost attempt may have arrived or not: nobody saw its end
        "attempts": attempts.total() - attempts["lost"],
        "lost": attempts["lost"],
        "successes": attempts[""],
        "received": sum(len(each.got) for each in receivers),
    }


def assert_closed(book: dict[str, int], expected: int) -> None:
    assert book["expected"] == expected
    assert book["expected"] == book["ended"] + book["open"]
    assert book["sending"] == 0
    assert book["attempts"] == book["received"], "what was recorded is not what arrived"
    assert book["successes"] == book["delivered"]


@pytest.mark.parametrize(("app", "seed"), [("sqlite", 1), ("postgres", 2)], indirect=["app"])
def test_expected_is_delivered_and_given_up_and_cancelled_and_still_due(
    session, company, drain, moved_clock, seed
):
    chance = random.Random(seed)
    with listening() as first, listening() as second:
        receivers = (first, second)
        for receiver in receivers:
            receiver.answers = [*(chance.choice(MOODS) for _ in range(400)), Answer()]
        make_callout(session, first.url)
        make_callout(session, second.url, data_format="xml_rpc", method_name="do", resend_after="passing")
        tickets = [make_ticket(session, company) for _ in range(TICKETS)]
        expected = lost = 0
        for status in (8, 9, 10, 5):
            for ticket in chance.sample(tickets, 8):
                change(session, ticket, status)
                expected += 2
            # before the drain, there is surely something to lose
            lost += lose_some(session, chance)
            drain()
            cancel_some(session, chance)
            assert book_without_leases(session, receivers, expected)
            moved_clock.forward(chance.choice((5, 16, 61)))
        while session.scalar(select(func.count(Delivery.id)).where(Delivery.state.in_(OPEN_STATES))):
            moved_clock.forward(91)
            drain()
            assert_closed(books(session, receivers), expected)
        book = books(session, receivers)
        assert_closed(book, expected)
        assert book["lost"] == lost > 0
        assert_nothing_was_sent_but_what_was_due(session, receivers)


def cancel_some(session, chance: random.Random) -> None:
    waiting = session.scalars(select(Delivery.id).where(Delivery.state == "waiting")).all()
    for delivery_id in chance.sample(waiting, min(2, len(waiting))):
        assert outbox.cancel(session(), delivery_id, "Ada", clock.now())
    session.commit()


def lose_some(session, chance: random.Random) -> int:
    """Claim as a worker that dies before it sends; give how many that were."""
    now = int(clock.now().timestamp()) + 1000
    callout_id = chance.choice(session.scalars(select(Callout.id)).all())
    lease = services().settings.lease_seconds - 1000
    claimed = outbox.claim(db.session(), callout_id, 1, "dead", now=now, lease_seconds=lease)
    session.commit()
    return len(claimed)


def book_without_leases(session, receivers, expected: int) -> bool:
    """While leases of the dead run, the rows are there all the same."""
    book = books(session, receivers)
    return (
        book["expected"] == expected == book["ended"] + book["open"]
        and book["sending"] <= 1 + book["lost"] + 1
    )


def assert_nothing_was_sent_but_what_was_due(session, receivers) -> None:
    """Each request has an attempt of its own, no number twice, and none after the end."""
    rows = {each.uid: each for each in session.scalars(select(Delivery))}
    limit = services().settings.resend_limit
    for receiver in receivers:
        sent = [(got.headers["webhook-id"], int(got.headers["X-Callout-Attempt"])) for got in receiver.got]
        assert len(sent) == len(set(sent))
        for uid, number in sent:
            assert number <= rows[uid].attempt_count <= limit + 1
    kept = session.execute(
        select(Delivery.uid, Attempt.number).join(Attempt, Attempt.delivery_id == Delivery.id)
    )
    recorded = Counter(uid for uid, _ in kept)
    assert all(recorded[uid] == row.attempt_count for uid, row in rows.items())
