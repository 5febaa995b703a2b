"""What the dashboard counts: a few queries, each answered by an index, whose answers are small however much ran.

Percentiles are read from histograms whose values are rounded to two significant digits, since SQLite knows no
percentiles; they are within 5 % of the true ones. Where more than SAMPLE rows would have to be looked at, only
every n-th is: counts stay exact, and the page says so.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, select, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.functions import FunctionElement

from portal.core.verdicts import ErrorKind
from portal.models import Attempt, Delivery
from portal.models.delivery import DELIVERED, FAILED
from portal.queries.callouts import Standing, ended, standings

SAMPLE = 50_000
_TWO_DIGITS, _LARGEST_POWER = 100, 9
PERCENTS = (50, 95, 99)


@dataclass(frozen=True, slots=True)
class Period:
    """``count`` slots of ``step`` seconds, the last of which holds this moment; every ``tick``-th has a label."""

    step: int
    count: int
    tick: int


# named as the list of deliveries names its own
PERIODS: dict[str, Period] = {
    "hour": Period(60, 60, 15),
    "day": Period(1800, 48, 12),
    "week": Period(10_800, 56, 8),
}


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds, each to two significant digits."""

    p50: int
    p95: int
    p99: int


@dataclass(frozen=True, slots=True)
class Slot:
    """What ended, and was tried, in one slot."""

    begin: datetime
    delivered: int
    failed: int
    attempts: Percentiles | None
    latency: Percentiles | None


@dataclass(frozen=True, slots=True)
class Figures:
    """``attempts`` is about how long a request took, ``latency`` about the time from the event to delivered.

    ``every_attempt`` and ``every_delivery`` say that only every n-th was looked at for the percentiles.
    """

    slots: list[Slot]
    standings: list[Standing]
    attempts: Percentiles | None
    latency: Percentiles | None
    errors: list[tuple[str, int]]
    every_attempt: int
    every_delivery: int

    @property
    def delivered(self) -> int:
        return sum(each.delivered for each in self.slots)

    @property
    def failed(self) -> int:
        return sum(each.failed for each in self.slots)

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.standings)


class epoch_ms(FunctionElement[int]):  # noqa: N801 - it is written like a function of SQL
    """The milliseconds of a time since 1970, on both databases."""

    type = BigInteger()
    inherit_cache = True


@compiles(epoch_ms, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(round((julianday({moment}) - 2440587.5) * 86400000) AS INTEGER)"


@compiles(epoch_ms, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(round(extract(epoch FROM {moment}) * 1000) AS BIGINT)"


def figures(session: Session, period: Period, now: datetime) -> Figures:
    """Count what happened in a period that ends now."""
    end = (int(now.timestamp()) // period.step + 1) * period.step
    begins = [datetime.fromtimestamp(end - period.step * each, UTC) for each in range(period.count, 0, -1)]
    delivered, failed = (_by_slot(session, state, begins, period.step) for state in (DELIVERED, FAILED))
    every_attempt = _every(_attempts_since(session, begins[0]))
    every_delivery = _every(sum(delivered))
    tried, errors = _attempts(session, begins[0], period.step, every_attempt)
    took = _latencies(session, begins[0], period.step, every_delivery)
    stamps = [int(each.timestamp()) // period.step for each in begins]
    slots = [
        Slot(begin, good, bad, percentiles(tried.get(stamp, {})), percentiles(took.get(stamp, {})))
        for begin, good, bad, stamp in zip(begins, delivered, failed, stamps, strict=True)
    ]
    return Figures(
        slots,
        standings(session, begins[0]),
        percentiles(_sum(tried.values())),
        percentiles(_sum(took.values())),
        errors,
        every_attempt,
        every_delivery,
    )


def percentiles(histogram: Mapping[int, int]) -> Percentiles | None:
    """Read a histogram (value -> how often): the value that 50, 95 and 99 of a hundred do not exceed."""
    total = sum(histogram.values())
    if not total:
        return None
    found: list[int] = []
    passed = 0
    wanted = [math.ceil(total * percent / 100) for percent in PERCENTS]
    for value, count in sorted(histogram.items()):
        passed += count
        while len(found) < len(wanted) and passed >= wanted[len(found)]:
            found.append(value)
    return Percentiles(*found)


def _by_slot(session: Session, state: str, begins: list[datetime], step: int) -> list[int]:
    """Count what came to a state in each slot: a range of the index each, nothing sorted."""
    counts = [
        ended(state, begin).where(Delivery.ended_at < begin + timedelta(seconds=step)).scalar_subquery()
        for begin in begins
    ]
    return list(session.execute(select(*counts)).one())


def _attempts_since(session: Session, begin: datetime) -> int:
    return session.scalar(select(func.count()).select_from(Attempt).where(Attempt.started_at >= begin)) or 0


def _every(count: int) -> int:
    """Return n where every n-th of ``count`` rows is looked at."""
    return max(1, math.ceil(count / SAMPLE))


def _attempts(
    session: Session, begin: datetime, step: int, every: int
) -> tuple[dict[int, Counter[int]], list[tuple[str, int]]]:
    """Return how long attempts took, by slot, and how often each class of error occurred, the most first."""
    rows = (
        select(
            _slot_of(Attempt.started_at, step),
            Attempt.error_kind.label("kind"),
            type_coerce(Attempt.duration_ms, BigInteger()).label("value"),
        )
        .where(Attempt.started_at >= begin, Attempt.id % every == 0)
        .subquery()
    )
    took: dict[int, Counter[int]] = {}
    errors: Counter[str] = Counter()
    query = select(rows.c.slot, rows.c.kind, (value := rounded(rows.c.value)), func.count())
    for slot, kind, milliseconds, count in session.execute(query.group_by(rows.c.slot, rows.c.kind, value)):
        if kind:
            errors[kind] += count * every
        if kind != ErrorKind.LOST:  # nobody knows how long that one took
            took.setdefault(slot, Counter())[milliseconds] += count
    return took, errors.most_common()


def _latencies(session: Session, begin: datetime, step: int, every: int) -> dict[int, Counter[int]]:
    """Return the times from the event to delivered, by slot; not of those that somebody sent again later."""
    rows = (
        select(
            _slot_of(Delivery.ended_at, step),
            (epoch_ms(Delivery.ended_at) - epoch_ms(Delivery.created_at)).label("value"),
        )
        .where(
            Delivery.state == literal(DELIVERED, literal_execute=True),
            Delivery.ended_at.is_not(None),
            Delivery.ended_at >= begin,
            Delivery.id % every == 0,
            Delivery.attempts_before == 0,
        )
        .subquery()
    )
    took: dict[int, Counter[int]] = {}
    query = select(rows.c.slot, (value := rounded(rows.c.value)), func.count())
    for slot, milliseconds, count in session.execute(query.group_by(rows.c.slot, value)):
        took.setdefault(slot, Counter())[milliseconds] += count
    return took


def _slot_of(moment: Any, step: int) -> Any:
    return (epoch_ms(moment) // (step * 1000)).label("slot")


def rounded(value: ColumnElement[int]) -> ColumnElement[int]:
    """Round milliseconds to two significant digits, in SQL; a clock that was set back makes none negative."""
    steps = []
    for power in range(1, _LARGEST_POWER):
        unit = 10**power
        up = value + unit // 2
        steps.append((value < unit * 100, up - up % unit))
    return case((value < 0, 0), (value < _TWO_DIGITS, value), *steps, else_=10 ** (_LARGEST_POWER + 1))


def _sum(histograms: Iterable[Counter[int]]) -> Counter[int]:
    total: Counter[int] = Counter()
    for each in histograms:
        total.update(each)
    return total
