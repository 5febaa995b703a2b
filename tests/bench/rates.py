"""Rates and processor time: the portal's workers, and the bare loop that each run is paired with."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from redis import Redis

from portal.db.services import services
from tests.bench.ground import Ground, count_delivered, fill, wait_until_ended
from tests.bench.processes import ROOT, Program, used_by_all
from tests.bench.results import Run
from tests.servers import wait_until

_MOST_SECONDS = 30.0


def loop(receiver: str, pair: str, count: int) -> Run:
    """Run the bare loop in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.loop", receiver, pair, str(count)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    found = json.loads(told)
    rate = count / found["seconds"]
    return Run(rate, found["cpu"] / count * 1000, rate)


@contextlib.contextmanager
def workers(place: Ground, count: int = 1) -> Iterator[Program]:
    """Run `worker.py` with so many worker processes, until they wait for work."""
    environ = place.environ | {"PORTAL_WORKERS": str(count)}
    program = Program([sys.executable, str(ROOT / "worker.py")], environ, Path(place.folder) / "worker.log")
    try:
        with Redis.from_url(place.environ["REDIS_URL"]) as redis:
            wait_until(lambda: redis.scard("rq:workers") == count, 60, f"{count} workers are there")
        yield program
    finally:
        program.end()
        with Redis.from_url(place.environ["REDIS_URL"]) as redis:
            redis.flushall()


def warm(place: Ground, pair: str) -> None:
    """Let everything that is done once be done: imports, connections, compiled statements."""
    fill(place, pair, 100)
    services().doorbell.ring()
    wait_until_ended(_MOST_SECONDS)


def measured(
    program: Program,
    count: int,
    base: float,
    enqueue: Callable[[], object],
    most_seconds: float = _MOST_SECONDS,
) -> Run:
    """Enqueue while the program is held, let it go, and give what it took until all is recorded as delivered."""
    before = count_delivered()
    program.hold()
    enqueue()
    used, used_in_all = program.cpu(), used_by_all()
    begun = time.perf_counter()
    program.let_go()
    wait_until_ended(most_seconds)
    took = time.perf_counter() - begun
    busy = (used_by_all() - used_in_all) / took
    # what follows a last delivery (an answer to the queue, the end of a drain) is part of the price
    time.sleep(0.3)
    cpu = program.cpu() - used
    if (delivered := count_delivered() - before) != count:
        raise RuntimeError(f"{delivered} of {count} deliveries are recorded as delivered; the run is void")
    return Run(count / took, cpu / count * 1000, base, busy)


def portal_run(place: Ground, program: Program, pair: str, count: int, base: float) -> Run:
    def enqueue() -> None:
        fill(place, pair, count)
        services().doorbell.ring()

    return measured(program, count, base, enqueue)
