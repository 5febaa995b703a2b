"""Writes the counts and gauges of this portal as Prometheus reads them.

What is counted comes from Redis, for all processes together, and what stands comes from the database: whichever
process is asked, the answer is the same, so one of them is scraped, however many machines there are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from portal.db import counters
from portal.models.delivery import ENDED_STATES
from portal.queries.callouts import Backlog
from portal.queries.readiness import Check

# Series by callout cover the oldest callouts, at most this many; the totals count all of them.
MOST_CALLOUTS = 200
_PREFIX = "roundtrip_"
Counts = Mapping[tuple[str, ...], int]


def write(
    counts: Counts | None, backlogs: Sequence[Backlog] | None, checks: Iterable[Check], accept: str
) -> tuple[bytes, str]:
    """Return the text and its type. What could not be read (None) is left out."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Written([*_all(counts, backlogs, checks)]))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Written(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _all(
    counts: Counts | None, backlogs: Sequence[Backlog] | None, checks: Iterable[Check]
) -> Iterator[Metric]:
    if counts is not None:
        yield _deliveries(counts)
        yield _attempts(counts)
        yield _histogram(counts, counters.DURATION, "attempt_duration_seconds", "How long attempts took.")
        yield _histogram(
            counts,
            counters.QUEUE_AGE,
            "queue_age_seconds",
            "How long deliveries waited from the event to their first attempt.",
        )
    if backlogs is not None:
        yield from _gauges(backlogs)
    if counts is not None and backlogs is not None:
        yield from _by_callout(counts, backlogs[:MOST_CALLOUTS])
    yield from _checks(checks)


def _deliveries(counts: Counts) -> Metric:
    family = CounterMetricFamily(
        f"{_PREFIX}deliveries", "Deliveries that ended, by outcome.", labels=["outcome"]
    )
    totals = dict.fromkeys(ENDED_STATES, 0)
    for (kind, outcome, *_), count in counts.items():
        if kind == counters.DELIVERIES:
            totals[outcome] = totals.get(outcome, 0) + count
    for outcome, count in totals.items():
        family.add_metric([outcome], count)
    return family


def _attempts(counts: Counts) -> Metric:
    family = CounterMetricFamily(
        f"{_PREFIX}attempts",
        "Attempts, by the class of the answer's status and the class of the error.",
        labels=["status_class", "error"],
    )
    totals: dict[tuple[str, str], int] = {}
    for (kind, *parts), count in counts.items():
        if kind == counters.ATTEMPTS:
            labels = parts[0], parts[1]
            totals[labels] = totals.get(labels, 0) + count
    for labels, count in sorted(totals.items()):
        family.add_metric(labels, count)
    return family


def _histogram(counts: Counts, name: str, shown: str, text: str) -> Metric:
    buckets: list[tuple[str, float]] = []
    below = 0
    for bound in (*counters.BOUNDS[name], "+Inf"):
        below += counts.get((name, str(bound)), 0)
        buckets.append((str(bound), below))
    seconds = counts.get((name, "sum"), 0) / 1000
    return HistogramMetricFamily(f"{_PREFIX}{shown}", text, buckets=buckets, sum_value=seconds)


def _gauges(backlogs: Sequence[Backlog]) -> Iterator[Metric]:
    for name, text, value in (
        ("deliveries_waiting", "Deliveries that wait.", sum(each.waiting for each in backlogs)),
        (
            "deliveries_resending",
            "Of the waiting, those that were tried already.",
            sum(each.resending for each in backlogs),
        ),
        (
            "callouts_failing",
            "Callouts whose receivers keep failing.",
            sum(each.failing for each in backlogs),
        ),
    ):
        yield GaugeMetricFamily(_PREFIX + name, text, value=value)


def _by_callout(counts: Counts, backlogs: Sequence[Backlog]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(f"{_PREFIX}callout_waiting", "Deliveries that wait.", labels=["callout"])
    failing = GaugeMetricFamily(
        f"{_PREFIX}callout_failing", "1 while the receiver keeps failing.", labels=["callout"]
    )
    ended = CounterMetricFamily(
        f"{_PREFIX}callout_deliveries", "Deliveries that ended, by outcome.", labels=["callout", "outcome"]
    )
    tried = CounterMetricFamily(
        f"{_PREFIX}callout_attempts", "Attempts, by the status's class.", labels=["callout", "status_class"]
    )
    names = {str(each.callout_id): each.name for each in backlogs}
    for each in backlogs:
        waiting.add_metric([each.name], each.waiting)
        failing.add_metric([each.name], each.failing)
    sums: dict[tuple[str, str, str], int] = {}
    for (kind, *parts), count in counts.items():
        if kind in {counters.DELIVERIES, counters.ATTEMPTS} and parts[-1] in names:
            labels = kind, names[parts[-1]], parts[0]
            sums[labels] = sums.get(labels, 0) + count
    for (kind, *rest), count in sorted(sums.items()):
        (ended if kind == counters.DELIVERIES else tried).add_metric(rest, count)
    yield from (waiting, failing, ended, tried)


def _checks(checks: Iterable[Check]) -> Iterator[Metric]:
    ready = GaugeMetricFamily(f"{_PREFIX}ready", "1 where /readyz says that all is well.", labels=["check"])
    found = list(checks)
    for each in found:
        ready.add_metric([each.name], each.ok)
    yield ready
    numbers = {each.name: each.number for each in found if each.number is not None}
    if "workers" in numbers:
        yield GaugeMetricFamily(
            f"{_PREFIX}workers", "Worker processes that are alive.", value=numbers["workers"]
        )
    if "deliveries" in numbers:
        yield GaugeMetricFamily(
            f"{_PREFIX}oldest_due_seconds",
            "For how long the oldest delivery that could be sent has been due.",
            value=numbers["deliveries"],
        )
