"""Monitoring systems that change tickets through the web services API, and try again as real ones do.

Each ticket is completed; every fourth is opened again and completed a second time, so that there is an
order to keep. A step is repeated until the portal has said that it is done: a repeat of one that was done
already changes nothing, so it fires nothing.
"""

import random
import threading
import time
from collections import Counter
from types import SimpleNamespace

import requests
import zeep.exceptions

from tests.api.conftest import Client, Server, errors
from tests.chaos.ground import API_NAME, Ground

COMPLETE, IN_PROGRESS = 5, 8
_LONGEST_PAUSE = 1.0
_PATIENCE = 120.0


class GaveUp(Exception):  # noqa: N818 - carried to whoever waits for the clients
    """A call was not answered well for too long, or in a way that no client could understand."""


def steps(place: int) -> tuple[int, ...]:
    """The statuses that the ticket at this place goes through."""
    return (COMPLETE, IN_PROGRESS, COMPLETE) if place % 4 == 0 else (COMPLETE,)


class Clients:
    """Threads that share the tickets, and spread their calls over the run's time."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.changes = 0
        self.repeated: Counter[str] = Counter()
        self.failures: list[str] = []
        self._lock = threading.Lock()
        plan = ground.plan
        self._threads = [
            threading.Thread(target=self._run, args=(place,), daemon=True) for place in range(plan.clients)
        ]

    def start(self) -> None:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self, place: int) -> None:
        plan, chance = self._ground.plan, random.Random(f"{self._ground.plan.seed} {place}")
        who = SimpleNamespace(user_name=API_NAME)
        try:
            client = self._ask(lambda: Server(self._ground.url).client(who, self._ground.password), chance)
            mine = list(enumerate(self._ground.tickets))[place :: plan.clients]
            for turn, (number, ticket_id) in enumerate(mine):
                at = self._begun + plan.seconds * turn / len(mine)
                while time.monotonic() < at:
                    time.sleep(0.005)
                for status in steps(number):
                    self._change(client, ticket_id, status, chance)
        except Exception as error:  # noqa: BLE001 - told in the summary, which is then void
            with self._lock:
                self.failures.append(f"A client ended: {error!r}")

    def _change(self, client: Client, ticket_id: int, status: int, chance: random.Random) -> None:
        answer = self._ask(lambda: client.update(client.ticket(id=ticket_id, Status=status)), chance)
        if answer.ReturnCode != 1:
            raise GaveUp(f"Ticket {ticket_id} was refused: {errors(answer)}")
        with self._lock:
            self.changes += 1

    def _ask(self, call, chance: random.Random):
        """Ask until there is an answer: a connection that broke and a fault of the server may pass."""
        end, pause = time.monotonic() + _PATIENCE, 0.05
        while True:
            try:
                return call()
            except (requests.RequestException, zeep.exceptions.Error) as error:
                if time.monotonic() > end:
                    raise GaveUp(f"no answer within {_PATIENCE:g} s; the last was {error!r}") from error
                with self._lock:
                    self.repeated[_name(error)] += 1
            time.sleep(chance.uniform(pause / 2, pause))
            pause = min(_LONGEST_PAUSE, pause * 2)


def _name(error: Exception) -> str:
    if isinstance(error, zeep.exceptions.TransportError):
        return f"HTTP {error.status_code}"
    return type(error).__name__
