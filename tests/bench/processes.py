"""A program with all processes under it: stopped and let go as one, and its use of the processor."""

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.servers import start, stop

ROOT = Path(__file__).resolve().parents[2]
_TICK = os.sysconf("SC_CLK_TCK")


class Program:
    """Started in a session of its own; what it says goes to a file."""

    def __init__(self, command: list[str], environ: Mapping[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.process = start(
                command, env=dict(environ), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def tree(self) -> list[int]:
        """Give this process and all that descend from it."""
        children: dict[int, list[int]] = {}
        for each in Path("/proc").iterdir():
            if each.name.isdigit() and (fields := _stat(int(each.name))):
                children.setdefault(int(fields[1]), []).append(int(each.name))
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu(self) -> float:
        """Give the seconds of processor time, user and system, that the tree has used so far."""
        return sum(sum(map(int, fields[11:15])) for pid in self.tree() if (fields := _stat(pid))) / _TICK

    def resident(self) -> int:
        """Give the KiB that the biggest process of the tree holds in memory."""
        sizes = [0]
        for pid in self.tree():
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{pid}/status").read_text()
                sizes += [int(size) for size in re.findall(r"^VmRSS:\s+(\d+)", status, re.MULTILINE)]
        return max(sizes)

    def hold(self) -> None:
        self._signal(signal.SIGSTOP)

    def let_go(self) -> None:
        self._signal(signal.SIGCONT)

    def end(self) -> None:
        tree = self.tree()
        self.let_go()
        for pid in tree[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        stop(self.process)

    def _signal(self, number: signal.Signals) -> None:
        for pid in self.tree():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def used_by_all() -> float:
    """Give the seconds of processor time that all programs have used, waiting for disks left out."""
    user, nice, system, _, _, *rest = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + sum(rest)) / _TICK


def _stat(pid: int) -> list[str]:
    """Give the fields of /proc/PID/stat after the name: state, parent, ...; none if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
