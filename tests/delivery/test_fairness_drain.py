"""What one callout's receiver or queue costs the others, with a real drain and real receivers."""

import uuid
from collections import Counter

import pytest
from sqlalchemy import func, insert, select

from portal import clock
from portal.models import Callout, Delivery
from tests.conftest import BOTH, make_ticket
from tests.delivery.conftest import make_callout
from tests.receiver import Answer, listening
from tests.servers import wait_until

pytestmark = pytest.mark.slow

FIELDS = ["id", "number", "status", "created_datetime", "last_activity_datetime", "domain", "udf"]


def enqueue(session, company, callouts: list[Callout], each: int) -> None:
    """Write deliveries down, one a ticket, as a rule would."""
    tickets = [make_ticket(session, company).id for _ in range(10)]
    now = clock.now()
    rows = [
        {
            "uid": f"msg_{uuid.uuid4().hex}",
            "callout_id": callout.id,
            "callout_name": callout.name,
            "ticket_id": tickets[number % len(tickets)],
            "state": "waiting",
            "fields": "{" + ", ".join(f'"{name}": "{number}"' for name in FIELDS) + "}",
            "due_at": int(now.timestamp()),
            "created_at": now,
        }
        for callout in callouts
        for number in range(each)
    ]
    session.execute(insert(Delivery), rows)
    session.commit()


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_a_long_queue_of_one_callout_does_not_hold_up_anothers_first(session, company, receiver, drain):
    busy = make_callout(session, f"{receiver.url}/busy")
    enqueue(session, company, [busy], 400)
    other = make_callout(session, f"{receiver.url}/other")
    enqueue(session, company, [other], 1)
    assert drain() == 401
    place = [got.path for got in receiver.got].index("/callouts/other")
    assert place < 40, "it waited for the queue of the other"


@pytest.mark.parametrize("app", BOTH, indirect=True)
def test_receivers_that_never_answer_do_not_hold_up_those_that_do(session, company, receiver, start_drain):
    with listening() as silent:
        silent.answers = [Answer(delay=60)]
        dead = [make_callout(session, f"{silent.url}/{each}") for each in range(10)]
        well = [make_callout(session, f"{receiver.url}/{each}") for each in range(10)]
        enqueue(session, company, [*dead, *well], 20)
        start_drain()
        of_well = Delivery.callout_id.in_([each.id for each in well])
        query = select(func.count()).where(of_well, Delivery.state == "delivered")
        session.rollback()

        def delivered() -> int:
            found = session.scalar(query)
            session.rollback()
            return found

        wait_until(lambda: delivered() == 200, what="all that can be delivered is")
        assert set(Counter(got.path for got in receiver.got).values()) == {20}
        tried = Counter(got.path for got in silent.got)
        assert sum(tried.values()) <= 20, "silent receivers keep few threads"
        silent.answers = [Answer()]
        silent.ended.set()
        wait_until(lambda: len(silent.got) >= 200, what="what waited for them is sent too")
