"""From the commit of a ticket's change to the first byte at the receiver, while nothing else is to be done."""

import contextlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator

from sqlalchemy import update

from portal.clock import now
from portal.core.actors import SYSTEM, Context
from portal.db.engine import db
from portal.desk.ticket_work import complete_ticket
from portal.models import Callout, Rule, RuleAction, RuleCondition, RuleEvent, Ticket
from tests.bench.ground import Ground, wait_until_ended
from tests.bench.processes import ROOT
from tests.bench.rates import workers
from tests.servers import stop


def latencies(place: Ground, count: int) -> list[float]:
    """Complete so many tickets, one after the other with pauses; give the milliseconds that each took."""
    with _receiver(place) as clocked, workers(place):
        return [_once(ticket, clocked) for ticket in place.tickets[: count + 10]][10:]


def _once(ticket: int, clocked: "subprocess.Popen[str]") -> float:
    complete_ticket(db.session(), Context(SYSTEM, now(), "DEV3.COM"), ticket)
    begun = time.monotonic()
    db.session.commit()
    assert clocked.stdout is not None
    took = (float(clocked.stdout.readline()) - begun) * 1000
    wait_until_ended(30)
    # the drain has ended too, and its worker waits again
    time.sleep(random.uniform(0.05, 0.15))
    return took


@contextlib.contextmanager
def _receiver(place: Ground) -> Iterator["subprocess.Popen[str]"]:
    """Run the receiver, and let completing a ticket send to it."""
    command = [sys.executable, "-m", "tests.bench.first_byte"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        callout = Callout(name="First byte", url=url, data_format="name_value")
        db.session.add(callout)
        db.session.flush()
        db.session.add(
            Rule(
                name="Tell it",
                created_at=now(),
                events=[RuleEvent(kind="edited")],
                conditions=[RuleCondition(field="status", operator="changed", operands=[])],
                actions=[RuleAction(kind="execute_callout", callout_id=callout.id)],
            )
        )
        db.session.execute(update(Ticket).values(status=1))
        db.session.commit()
        yield process
    finally:
        db.session.rollback()
        stop(process)  # type: ignore[arg-type]
