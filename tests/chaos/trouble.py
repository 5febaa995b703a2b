"""What goes wrong during a run: kills by the second, and what befalls Valkey, the database and a frozen worker."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from redis import Redis

from tests.chaos.clients import Clients, steps
from tests.chaos.ground import Ground
from tests.chaos.plan import LEASE_SECONDS
from tests.chaos.programs import Kind, Programs

# Senders do the work, so they die most often; now and then it is whoever supervises them.
_VICTIMS = [Kind.SENDER] * 12 + [Kind.SCHEDULER] * 2 + [Kind.POOL, Kind.PARENT]
_FROZEN_SECONDS = LEASE_SECONDS + 3.0
_WEB_KILLS = 12
# what is done, after which part of the run's time
Timeline = list[tuple[float, Callable[[], None]]]


class Trouble:
    """``happened`` counts what was done, for the summary."""

    def __init__(self, ground: Ground, programs: Programs, clients: Clients) -> None:
        self._ground, self._programs, self._clients = ground, programs, clients
        self._chance = random.Random(ground.plan.seed)
        self._frozen: set[int] = set()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.happened: Counter[str] = Counter()
        self.failures: list[str] = []
        killers = (self._kill_workers, self._kill_web)
        self._killers = [self._thread(each) for each in killers]
        self._followers = [self._thread(partial(self._follow, each)) for each in self._timelines()]

    def start(self) -> None:
        for thread in (*self._killers, *self._followers):
            thread.start()

    def stop(self) -> None:
        """End it once all that was planned has happened, with all servers running again."""
        for thread in self._followers:
            thread.join()
        self._over.set()
        for thread in self._killers:
            thread.join()

    def _thread(self, what: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=self._guard, args=(what,), daemon=True)

    def _guard(self, what: Callable[[], None]) -> None:
        try:
            what()
        except Exception as error:  # noqa: BLE001 - told in the summary, which is then void
            self.failures.append(f"The trouble itself failed: {error!r}")

    def _kill_workers(self) -> None:
        while not self._over.wait(1.0):
            self._kill(self._chance.choice(_VICTIMS), Kind.SENDER)

    def _kill_web(self) -> None:
        """Kill a web worker, with calls of all clients under way: some of them are committing.

        Another has answered in between, however long a start takes on a busy machine.
        """
        expected = sum(len(steps(place)) for place in range(self._ground.plan.tickets))
        for kill in range(1, _WEB_KILLS):
            while self._clients.changes < expected * kill / _WEB_KILLS:
                if self._over.wait(0.02):
                    return
            self._kill(Kind.WEB)

    def _kill(self, *kinds: Kind) -> None:
        """Kill one of the first of these kinds that there is."""
        found = self._programs.find()
        for kind in kinds:
            pids = sorted(pid for pid, each in found.items() if each is kind and pid not in self._frozen)
            if pids and _signal(self._chance.choice(pids), signal.SIGKILL):
                self._count(f"{kind} killed")
                return

    def _follow(self, timeline: Timeline) -> None:
        """Do what is to be done at each part of the run's time."""
        begun, seconds = time.monotonic(), self._ground.plan.seconds
        for part, do in timeline:
            self._over.wait(max(0.0, begun + part * seconds - time.monotonic()))
            do()

    def _timelines(self) -> list[Timeline]:
        """Give what befalls each by itself: a worker may be frozen while the database is away."""
        lines: list[Timeline] = [
            [(0.1, self._freeze), (0.6, self._freeze)],
            [
                (0.25, self._stop_valkey),
                (0.45, self._flush_valkey),
                (0.70, self._restart_valkey),
                (0.80, self._flush_valkey),
            ],
        ]
        if self._ground.postgres is not None:
            lines.append([(part, self._restart_postgres) for part in (0.2, 0.4, 0.75)])
        return lines

    def _freeze(self) -> None:
        """Stop a sender for longer than its lease lasts, and let it go on."""
        senders = [pid for pid, kind in self._programs.find().items() if kind is Kind.SENDER]
        if not senders:
            return
        pid = self._chance.choice(sorted(senders))
        self._frozen.add(pid)
        if _signal(pid, signal.SIGSTOP):
            self._over.wait(_FROZEN_SECONDS)
            if _signal(pid, signal.SIGCONT):
                self._count("frozen beyond its lease")
        self._frozen.discard(pid)

    def _stop_valkey(self) -> None:
        self._ground.valkey.stop()
        try:
            self._over.wait(self._ground.plan.valkey_away)
        finally:
            self._ground.valkey.start()
        self._count(f"Valkey away for {self._ground.plan.valkey_away:g} s")

    def _restart_valkey(self) -> None:
        self._ground.valkey.stop()
        self._ground.valkey.start()
        self._count("Valkey restarted")

    def _flush_valkey(self) -> None:
        with Redis.from_url(self._ground.valkey.url) as redis:
            redis.flushall()
        self._count("Valkey flushed")

    def _restart_postgres(self) -> None:
        assert self._ground.postgres is not None
        self._ground.postgres.stop("immediate")
        try:
            self._over.wait(1.0)
        finally:
            self._ground.postgres.start()
        self._count("PostgreSQL restarted")

    def _count(self, what: str) -> None:
        with self._lock:
            self.happened[what] += 1


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
