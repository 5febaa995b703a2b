"""Start programs, keep them running, and end all of them together.

Children that are started together are stopped together, and before those that were started earlier, since they may
need them. A child that ends by itself is restarted, after a pause that grows while it keeps failing; one that doesn't
stop on SIGTERM is killed, with all its child processes.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

_POLL = 0.1
_STABLE_AFTER = 30.0
_LONGEST_PAUSE = 10.0
_PR_SET_PDEATHSIG = 1

log = structlog.get_logger("supervisor")


@dataclass
class Child:
    """A program to keep running, in its own environment. ``ready`` returns whether dependent programs may start."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool] = lambda: True
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    failures: int = 0
    start_at: float = 0.0


class NotReady(Exception):  # noqa: N818
    """A child did not get ready; the text says which."""


class Supervisor:
    """Its children have ``stop_seconds`` to stop in; a supervisor that is a child itself needs fewer."""

    def __init__(self, stop_seconds: float = 30.0) -> None:
        self._groups: list[Sequence[Child]] = []
        self._stop_seconds = stop_seconds
        self._stopping = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def start(self, children: Sequence[Child], seconds: float = 60.0) -> None:
        """Start children together, and wait until all are ready. Raises NotReady."""
        if self._stopping:
            return
        self._groups.append(children)
        for child in children:
            self._spawn(child)
        end = time.monotonic() + seconds
        for child in children:
            while not self._stopping and not child.ready():
                if child.process is not None and child.process.poll() is not None:
                    raise NotReady(f"{child.name} ended at once; its output is above.")
                if time.monotonic() > end:
                    raise NotReady(f"{child.name} was not ready within {seconds:g} s.")
                time.sleep(0.02)

    def watch(self, every: float = 0.0, tick: Callable[[], None] | None = None) -> None:
        """Keep the children running until a signal says to stop; call ``tick`` every ``every`` seconds."""
        next_tick = time.monotonic()
        while not self._stopping:
            for children in self._groups:
                for child in children:
                    self._revive(child)
            if tick is not None and time.monotonic() >= next_tick:
                next_tick = time.monotonic() + every
                tick()
            time.sleep(_POLL)

    def stop(self) -> None:
        """Stop every child, the last started first."""
        end = time.monotonic() + self._stop_seconds
        for children in reversed(self._groups):
            running = [child for child in children if child.process is not None]
            for child in running:
                _signal(child, signal.SIGTERM)
            for child in running:
                self._wait(child, end)

    def _wait(self, child: Child, end: float) -> None:
        assert child.process is not None  # noqa: S101 - only running ones are waited for
        try:
            child.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("killed", child=child.name)
            with contextlib.suppress(ProcessLookupError):
                # it leads its own session, so its child processes are killed too
                os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _spawn(self, child: Child) -> None:
        child.started = time.monotonic()
        # its own session: Ctrl-C in the terminal reaches only the supervisor, which stops the children in order
        child.process = subprocess.Popen(  # noqa: S603 - commands are ours
            child.command,
            env=child.environment,
            start_new_session=True,
            preexec_fn=partial(die_with_parent, os.getpid()),  # noqa: PLW1509 - the supervisor has one thread
        )

    def _revive(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            child.failures = 0 if now - child.started > _STABLE_AFTER else child.failures + 1
            pause = min(_LONGEST_PAUSE, 0.5 * 2 ** min(child.failures, 6)) if child.failures > 1 else 0.0
            log.warning("child_ended", child=child.name, code=code, again_in=pause)
            child.process, child.start_at = None, now + pause
        if now >= child.start_at:
            self._spawn(child)


def _signal(child: Child, number: signal.Signals) -> None:
    if child.process is not None and child.process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.process.pid, number)


def die_with_parent(parent: int) -> None:
    """Ask Linux to end this process when ``parent`` is killed, so that nothing is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            # the parent was killed before the request took effect
            os.kill(os.getpid(), signal.SIGTERM)
