"""These tests start whole portals, so they take turns: two of them at once would starve each other."""

import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask

from portal.db.engine import db
from tests.processes.running import ROOT, Program, end_all, environment
from tests.receiver import Receiver, listening


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/processes/" in item.path.as_posix():
            item.add_marker(pytest.mark.xdist_group("processes"))
            if not sys.platform.startswith("linux"):
                item.add_marker(
                    pytest.mark.skip(reason="what is left of processes is read from Linux's /proc")
                )


@dataclass(frozen=True)
class Installed:
    wheel: Path
    programs: Path


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel, and install it into an environment of its own. Nothing is fetched."""
    folder = tmp_path_factory.mktemp("installed")

    def run(*command: str | Path) -> str:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout

    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env/bin/python"
    options = ("--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check")
    run(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel)
    # What it depends on is taken from here. A folder that is named so has its own .pth files ignored, and with
    # them the checkout.
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    here = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(here))
    return Installed(wheel, python.parent)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as each:
        yield each


@pytest.fixture
def start_worker(app: Flask, environ: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Start `python worker.py` on the app's database and Redis, as often as wanted."""
    instance = Path(environ["PORTAL_INSTANCE"])
    started: list[Program] = []

    def start(**values: str) -> Program:
        db.session.commit()  # a test's own transaction would hold SQLite's write lock
        log = tmp_path / f"worker-{len(started)}.log"
        values = {name: value for name, value in environ.items() if name != "PORTAL_INSTANCE"} | values
        program = Program([sys.executable, str(ROOT / "worker.py")], environment(instance, **values), log)
        started.append(program)
        return program

    yield start
    for program in started:
        end_all(program, instance)
        sys.stdout.write(program.output)  # pytest shows it when the test failed
