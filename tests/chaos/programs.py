"""The portal's programs, started again when they end, as systemd or a container's host would."""

import signal
import sys
import threading
from enum import StrEnum
from pathlib import Path

import requests
from redis import Redis
from rq import Worker

from portal.runtime.stack import web_command
from tests.chaos.ground import Ground
from tests.processes.running import ROOT, Program, end_all, environment, http, parent_of, processes_of
from tests.servers import wait_until


class Kind(StrEnum):
    PARENT = "worker.py"
    POOL = "pool"
    SENDER = "sender"
    SCHEDULER = "scheduler"
    WEB = "web worker"


class Programs:
    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._folder = (ground.plan.logs or ground.folder) / ground.plan.database
        self._folder.mkdir(parents=True, exist_ok=True)
        self._environ = environment(ground.instance, **ground.environ)
        self._ended = threading.Event()
        worker = [sys.executable, str(ROOT / "worker.py")]
        self._commands = [web_command(ground.settings), *[worker] * ground.plan.workers]
        self._running: list[Program] = []
        self._started = 0
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._running = [self._start(command) for command in self._commands]
        wait_until(self._answers, 60, "the portal answers")
        wait_until(self._listens, 60, "the workers listen")
        self._keeper.start()

    def stop(self) -> None:
        self._ended.set()
        self._keeper.join()
        for program in self._running:
            program.signal(signal.SIGTERM)
        for program in self._running:
            end_all(program, self._ground.instance)

    def find(self) -> dict[int, Kind]:
        """Give each process and what it is; one that has no name of its own is one of its parent's kind."""
        commands = processes_of(self._ground.instance)
        found = {}
        for pid, command in commands.items():
            try:
                found[pid] = _kind(pid, command, commands)
            except (OSError, TypeError):
                continue  # it ended meanwhile
        return {pid: kind for pid, kind in found.items() if kind is not None}

    def count_in_logs(self, text: str) -> int:
        return sum(
            line.count(text) for log in self.logs() for line in log.read_text(errors="replace").splitlines()
        )

    def logs(self) -> list[Path]:
        return sorted(self._folder.glob("*.log"))

    def _start(self, command: list[str]) -> Program:
        self._started += 1
        return Program(command, self._environ, self._folder / f"{self._started:03}.log")

    def _keep(self) -> None:
        while not self._ended.wait(0.1):
            for place, program in enumerate(self._running):
                if program.process.poll() is not None:
                    self._running[place] = self._start(self._commands[place])

    def _answers(self) -> bool:
        try:
            return http().get(f"{self._ground.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False

    def _listens(self) -> bool:
        with Redis.from_url(self._ground.valkey.url) as redis:
            return Worker.count(connection=redis) >= self._ground.plan.workers


def _kind(pid: int, command: str, commands: dict[int, str]) -> Kind | None:
    parent = parent_of(pid)
    above = commands.get(parent, "")
    if "gunicorn" in command:
        return Kind.WEB if "gunicorn" in above else None
    if command.endswith("worker.py"):
        return Kind.PARENT
    if not command.endswith("--pool"):
        return None
    if not above.endswith("--pool"):
        return Kind.POOL
    return Kind.SCHEDULER if commands.get(parent_of(parent), "").endswith("--pool") else Kind.SENDER
