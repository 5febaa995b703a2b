"""`make bench`: every row of the speed table, each paired with the bare loop beside it; ratios, and JSON too.

    make bench                     all of it, about ten minutes on two cores that do nothing else
    make bench ARGS=--quick        fewer and smaller runs
    make bench ARGS='--only pairs --only latency'
    make bench ARGS=--json         the same as one JSON document on standard output

It measures and judges nothing: no figure fails. What is to be reached stands beside what was.
"""

import argparse
import json
import logging
import os
import platform
import sys
import time
from dataclasses import asdict, dataclass

import structlog

from tests.bench import api, beside, fairness, flat, latency, memory, mock, nginx, profile
from tests.bench.ground import DATABASES, PAIRS, PLAIN, SQLITE, Ground, Servers, ground
from tests.bench.rates import loop, portal_run, warm, workers
from tests.bench.results import Missing, Row, Table, percentile
from tests.servers import Postgres, Valkey

_HEAD = ("what", "database", "per second", "× loop", "CPU ms each", "")


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    count: int = 2000
    runs: int = 5
    latencies: int = 200
    memory: int = 100_000
    finished: int = 1_000_000


_QUICK = Size(count=1000, runs=1, latencies=40, memory=10_000, finished=50_000)


@dataclass
class Bench:
    servers: Servers
    size: Size

    def pairs(self) -> list[Table]:
        """One worker process, for each pair; and two."""
        rows = [Row("requests.Session loop, nothing recorded", "")]
        for database in DATABASES:
            with ground(self.servers, database, self.size.count) as place, workers(place) as program:
                for pair in PAIRS:
                    target = "at least 1.0" if database == SQLITE else "at least 0.9"
                    rows.append(row := Row(f"portal, {pair}", database, note=target))
                    warm(place, pair)
                    for _ in range(self.size.runs):
                        base = loop(place.receiver, pair, self.size.count)
                        rows[0].runs.append(base)
                        row.runs.append(portal_run(place, program, pair, self.size.count, base.rate))
        return [Table("Rates, one worker process", _HEAD, [row.cells() for row in rows])]

    def two(self) -> list[Table]:
        """Two worker processes beside one: runs in turn, on four times as many deliveries."""
        count = self.size.count * 4
        rows, notes = [], []
        for database in DATABASES:
            both: dict[int, Row] = {}
            for processes in (1, 2):
                rows.append(row := Row(f"portal, {processes} process(es)", database))
                both[processes] = row
                with (
                    ground(self.servers, database, count) as place,
                    workers(place, processes) as program,
                ):
                    warm(place, PLAIN)
                    for _ in range(self.size.runs):
                        base = loop(place.receiver, PLAIN, self.size.count)
                        row.runs.append(portal_run(place, program, PLAIN, count, base.rate))
                    row.note = f"{row.busy:.1f} of {os.cpu_count()} cores busy in all"
            times = both[2].ratio / both[1].ratio
            notes.append(f"  {database}: two are {times:.2f} times one (1.6 is wanted on two free cores)")
        return [Table("Rates, two worker processes", _HEAD, [row.cells() for row in rows], notes)]

    def profile(self) -> list[Table]:
        """Where one drain's processor time goes."""
        rows = []
        for database in DATABASES:
            with ground(self.servers, database, self.size.count) as place:
                found = profile.profile(place, self.size.count)
            rows += [(database, name, f"{spent:.0f}") for name, spent in found]
        return [Table("Microseconds of processor time a delivery, by part", ("database", "part", "µs"), rows)]

    def peers(self) -> list[Table]:
        """One job a delivery with other queues, and the portal among them."""
        rows, notes = [], []
        for database in DATABASES:
            with ground(self.servers, database, self.size.count) as place:
                rows.append(ours := Row("portal, one process", database))
                with workers(place) as program:
                    warm(place, PLAIN)
                    for _ in range(self.size.runs):
                        base = loop(place.receiver, PLAIN, self.size.count)
                        ours.runs.append(portal_run(place, program, PLAIN, self.size.count, base.rate))
                for peer in beside.PEERS:
                    if database in peer.databases:
                        rows.append(row := self._peer(peer, place, database))
                        if row.runs:
                            row.note = (
                                f"portal: {ours.ratio / row.ratio:.1f} times the rate, "
                                f"{row.cpu_ms / ours.cpu_ms:.1f} times the work for its CPU"
                            )
        notes.append(
            "  Wanted: 4 times RQ's SimpleWorker, 2 times Celery, ahead of Huey and Dramatiq, in both."
        )
        notes.append(
            "  A peer is told the whole request, and neither claims, judges, masks, limits nor logs."
        )
        beside.forget()
        return [
            Table("Peers: one job a delivery, each attempt recorded", _HEAD, [r.cells() for r in rows], notes)
        ]

    def _peer(self, peer: beside.Peer, place: Ground, database: str) -> Row:
        row = Row(peer.name, database)
        count = max(20, int(self.size.count * peer.share))
        try:
            with beside.running(peer, place) as program:
                for _ in range(self.size.runs):
                    base = loop(place.receiver, PLAIN, self.size.count)
                    row.runs.append(beside.peer_run(peer, place, program, count, base.rate))
        except Missing as missing:
            row.note = f"skipped: {missing}"
        return row

    def latency(self) -> list[Table]:
        rows = []
        for database in DATABASES:
            with ground(self.servers, database, self.size.latencies + 10) as place:
                found = latency.latencies(place, self.size.latencies)
            shares = [f"{percentile(found, percent):.1f}" for percent in (50, 90, 99, 100)]
            rows.append((database, str(len(found)), *shares, "median under 20, 99 % under 60"))
        head = ("database", "tickets", "median", "90 %", "99 %", "most", "wanted")
        return [Table("Milliseconds from the commit to the first byte, idle", head, rows)]

    def memory(self) -> list[Table]:
        with ground(self.servers, SQLITE, self.size.memory // 10) as place:
            found = memory.resident(place, self.size.memory)
        rows = [(f"{count:,}", f"{size:.1f}") for count, size in found]
        more = found[-1][1] - found[1][1]
        note = f"  From the second measurement to the last: {more:+.1f} MiB (flat is wanted)"
        return [Table("A worker's memory", ("deliveries", "MiB"), rows, [note])]

    def flat(self) -> list[Table]:
        """Rate and pages, with nothing in the tables and with a million finished deliveries."""
        rows, notes = [], []
        for database in DATABASES:
            with ground(self.servers, database, self.size.count) as place, workers(place) as program:
                warm(place, PLAIN)
                before = flat.rate(place, program, self.size.count, self.size.runs)
                few = flat.pages(place)
                begun = time.monotonic()
                flat.finished(self.size.finished)
                filled = time.monotonic() - begun
                after = flat.rate(place, program, self.size.count, self.size.runs)
                many = flat.pages(place)
                notes += ["", f"  Query plans, {database}:", *(f"  {line}" for line in flat.plans(place))]
            ratios = [percentile([rate / base for rate, base in each], 50) for each in (before, after)]
            rows.append(
                (
                    database,
                    "rate, × loop",
                    *(f"{each:.2f}" for each in ratios),
                    f"{ratios[0] / ratios[1]:.2f}",
                )
            )
            rows += [
                (
                    database,
                    f"{page}, ms",
                    f"{few[page]:.1f}",
                    f"{many[page]:.1f}",
                    f"{many[page] / few[page]:.2f}",
                )
                for page in few
            ]
            notes.insert(0, f"  {database}: filled in {filled:.0f} s; 1.2 times is the most that is wanted")
        head = ("database", "what", "empty", f"{self.size.finished:,} finished", "times")
        return [Table("Flat", head, rows, notes)]

    def fairness(self) -> list[Table]:
        return [fairness.table(self.servers)]

    def api(self) -> list[Table]:
        with ground(self.servers, SQLITE, 1) as place:
            return api.table(place, self.size.count // 20, self.size.runs)

    def mock(self) -> list[Table]:
        return mock.table(self.size.count * 2, self.size.runs)


_PARTS = ("pairs", "two", "profile", "peers", "latency", "memory", "flat", "fairness", "api", "mock")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description="Measure the portal beside other ways.")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller runs")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    parser.add_argument("--only", action="append", choices=_PARTS, metavar="NAME", help=", ".join(_PARTS))
    chosen = parser.parse_args()
    # this process writes tickets, and nobody reads what it logs of them
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    begun, told = time.monotonic(), []
    with nginx.answering() as receiver:
        most = nginx.most(receiver, 20_000 if chosen.quick else 100_000)
        machine = (
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}; "
            f"nginx alone answers {most:,.0f} requests a second, so it holds nobody up"
        )
        _say(chosen.json, machine + "\n\n")
        valkey, postgres = Valkey(), Postgres(fsync="on")
        try:
            bench = Bench(Servers(valkey, postgres, receiver), _QUICK if chosen.quick else Size())
            for name in chosen.only or _PARTS:
                for table in getattr(bench, name)():
                    told.append(table)
                    _say(chosen.json, table.text() + "\n")
        finally:
            valkey.close()
            postgres.close()
    took = time.monotonic() - begun
    if chosen.json:
        json.dump(
            {"machine": machine, "seconds": round(took), "tables": [asdict(t) for t in told]}, sys.stdout
        )
    _say(chosen.json, f"It took {took:.0f} s.\n")


def _say(as_json: bool, text: str) -> None:
    stream = sys.stderr if as_json else sys.stdout
    stream.write(text)
    stream.flush()


if __name__ == "__main__":
    main()
