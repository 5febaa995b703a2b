"""Fairness: what receivers that never answer, and one long queue, cost everybody else. One worker.

Run alone, for one database: python -m tests.bench.fairness [sqlite|postgres]

Everything is read from the ledger (the attempts' and deliveries' own times), so what is printed is what the
portal itself recorded.
"""

import contextlib
import socket
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from portal.db.engine import db
from portal.db.services import services
from portal.models import Attempt, Callout, Delivery
from portal.models.base import UtcDateTime
from tests.bench.ground import DATABASES, Ground, Servers, ground, rows_of
from tests.bench.nginx import answering
from tests.bench.processes import Program
from tests.bench.rates import workers
from tests.bench.results import Table, percentile
from tests.servers import Postgres, Valkey, wait_until

_RECEIVERS = 10
_EACH = 400
_LONG = 50_000
_FIRSTS = 20
_RUNS = 5
# arrivals while the latency is measured: a second's share of what one worker can carry
_ROUNDS, _PAUSE = 50, 0.1
_MOST_SECONDS = 300.0


@dataclass
class Fairness:
    """``alone`` and ``beside``: deliveries a second of ten receivers that answer. Seconds: what a delivery waited."""

    alone: float
    beside: float
    kept: float
    waited: list[float]
    firsts: list[float]


def measure(servers: Servers, database: str) -> Fairness:
    with silent(_RECEIVERS) as dead_urls, ground(servers, database, _LONG) as place:
        well = _callouts("well", [f"{servers.receiver}/{each}" for each in range(_RECEIVERS)])
        dead = _callouts("dead", dead_urls)
        busy = _callouts("busy", [f"{servers.receiver}/busy"])
        with workers(place) as program:
            alone, beside = [], []
            # in turn, so that what else the machine does meets both
            for _ in range(_RUNS):
                alone.append(_rate(place, program, well))
                beside.append(_rate(place, program, well, dead))
            waited = _latencies(place, well, dead)
            _forget()
            _fill(place, busy, _LONG)
            firsts = _firsts(place, well)
            _forget()
    kept = statistics.median(one / other for one, other in zip(beside, alone, strict=True))
    return Fairness(statistics.median(alone), statistics.median(beside), kept, waited, firsts)


def table(servers: Servers, databases: tuple[str, ...] = DATABASES) -> Table:
    head = (
        "database",
        "ten alone/s",
        "beside ten silent/s",
        "kept",
        "waited p50",
        "p99",
        "first behind 50,000",
    )
    rows = []
    for database in databases:
        found = measure(servers, database)
        rows.append(
            (
                database,
                f"{found.alone:,.0f}",
                f"{found.beside:,.0f}",
                f"{found.kept:.0%}",
                f"{percentile(found.waited, 50) * 1000:.0f} ms",
                f"{percentile(found.waited, 99) * 1000:.0f} ms",
                f"at most {max(found.firsts) * 1000:.0f} ms",
            )
        )
    return Table(
        "Fairness: ten callouts whose receivers answer, beside ten whose never do; one worker",
        head,
        rows,
        [
            f"Rates: {_EACH} deliveries waiting for each, median of {_RUNS}.",
            f"Waited: from a delivery's row to its attempt, {_RECEIVERS * 10} arriving a second.",
            f"First: a delivery of another callout while one has {_LONG:,} waiting, the longest of {_FIRSTS}.",
        ],
    )


@contextlib.contextmanager
def silent(count: int) -> Iterator[list[str]]:
    """Open ports that accept connections and never answer."""
    with contextlib.ExitStack() as stack:
        urls = []
        for _ in range(count):
            listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=1024))
            urls.append(f"http://127.0.0.1:{listener.getsockname()[1]}/callouts")
        yield urls


def _callouts(name: str, urls: list[str]) -> list[Callout]:
    rows = [Callout(name=f"{name} {each}", url=url) for each, url in enumerate(urls)]
    db.session.add_all(rows)
    db.session.commit()
    for row in rows:
        db.session.refresh(row)
    db.session.commit()
    return [_plain(row) for row in rows]


def _plain(row: Callout) -> Callout:
    db.session.refresh(row)
    db.session.expunge(row)
    return row


def _fill(place: Ground, callouts: list[Callout], each: int) -> None:
    for callout in callouts:
        rows = rows_of(callout.id, callout.name, place.tickets[:each])
        for start in range(0, each, 5000):
            db.session.execute(insert(Delivery), rows[start : start + 5000])
    db.session.commit()


def _rate(place: Ground, program: Program, well: list[Callout], beside: Sequence[Callout] = ()) -> float:
    """Fill the outbox, and give the rate at which those that answer are served; then forget all."""
    program.hold()
    _fill(place, [*well, *beside], _EACH)
    begun = time.time()
    services().doorbell.ring()
    program.let_go()
    _wait(well)
    count, last = _ledger(well)
    _forget()
    return count / (last - begun)


def _latencies(place: Ground, well: list[Callout], dead: list[Callout]) -> list[float]:
    """Write a delivery for each callout again and again, and give what those that are answered waited."""
    for number in range(_ROUNDS):
        tickets = [place.tickets[number]]
        for callout in (*well, *dead):
            db.session.execute(insert(Delivery), rows_of(callout.id, callout.name, tickets))
        db.session.commit()
        services().doorbell.ring()
        time.sleep(_PAUSE)
    _wait(well)
    return _waits(well)


def _firsts(place: Ground, well: list[Callout]) -> list[float]:
    """While one callout has a long queue, write single deliveries of others, and give what each waited."""
    services().doorbell.ring()
    for number in range(_FIRSTS):
        callout = well[number % len(well)]
        db.session.execute(insert(Delivery), rows_of(callout.id, callout.name, [place.tickets[number]]))
        db.session.commit()
        time.sleep(0.5)
    _wait(well)
    left = _one(select(func.count()).where(Delivery.state == "waiting"))
    if not left:
        raise RuntimeError("the long queue was empty before the last first: the run is void")
    return _waits(well)


def _wait(callouts: list[Callout]) -> None:
    ids = [each.id for each in callouts]
    query = select(func.count()).where(Delivery.callout_id.in_(ids), Delivery.state != "delivered")
    wait_until(lambda: _one(query) == 0, _MOST_SECONDS, "what can be delivered is")


def _ledger(callouts: list[Callout]) -> tuple[int, float]:
    """Give how many deliveries of these were delivered, and when the last ended (epoch seconds)."""
    ids = [each.id for each in callouts]
    with db.engine.connect().execution_options(reads=True) as connection:
        count, last = connection.execute(
            select(func.count(), func.max(Delivery.ended_at, type_=UtcDateTime())).where(
                Delivery.callout_id.in_(ids), Delivery.state == "delivered"
            )
        ).one()
    return count, last.timestamp()


def _waits(callouts: list[Callout]) -> list[float]:
    """Give the seconds from each delivery's row to its first attempt."""
    ids = [each.id for each in callouts]
    query = (
        select(Delivery.created_at, Attempt.started_at)
        .join(Attempt, Attempt.delivery_id == Delivery.id)
        .where(Delivery.callout_id.in_(ids), Attempt.number == 1)
    )
    with db.engine.connect().execution_options(reads=True) as connection:
        return [(started - made).total_seconds() for made, started in connection.execute(query)]


def _forget() -> None:
    """Empty the ledger. What is in the air is stale then, and its result changes nothing."""
    db.session.execute(delete(Attempt))
    db.session.execute(delete(Delivery))
    db.session.commit()


def _one(query: object) -> int:
    with db.engine.connect().execution_options(reads=True) as connection:
        return int(connection.execute(query).scalar_one())  # type: ignore[call-overload]


def main() -> None:
    chosen = tuple(each for each in DATABASES if each in sys.argv[1:]) or DATABASES
    valkey, postgres = Valkey(), Postgres()
    try:
        with answering() as receiver:
            print(table(Servers(valkey, postgres, receiver), chosen).text())  # noqa: T201
    finally:
        valkey.close()
        postgres.close()


if __name__ == "__main__":
    main()
