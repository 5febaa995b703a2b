"""What `make dist` builds holds the whole program and works outside a checkout; test_verify.py shows more of that."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.processes.conftest import Installed
from tests.processes.running import ROOT, Program, end_all, environment
from tests.servers import free_port, wait_until

pytestmark = pytest.mark.processes


def test_the_wheel_holds_every_file_of_its_packages(installed: Installed):
    packed = set(zipfile.ZipFile(installed.wheel).namelist())
    for package in ("portal", "mock_rmm", "migrations"):
        files = [path for path in (ROOT / package).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        assert {path.relative_to(ROOT).as_posix() for path in files} <= packed


def test_an_installed_mock_takes_what_an_installed_portal_sends(installed: Installed, tmp_path: Path):
    port = free_port()
    environ = environment(tmp_path, MOCK_RMM_PORT=str(port))
    send = [installed.programs / "portal", "send"]
    mock = Program([str(installed.programs / "mock-rmm")], environ, tmp_path / "log", cwd=tmp_path)
    try:
        wait_until(lambda: "Mock RMM on" in mock.output, what="the mock is ready")
        if subprocess.run([*send, "--help"], cwd=tmp_path, check=False, capture_output=True).returncode:
            pytest.skip("there is no `portal send` yet")
        options = [
            f"http://127.0.0.1:{port}/callouts/name-value",
            "--username",
            "rmm",
            "--password",
            "rmm-secret",
        ]
        sent = subprocess.run(
            [*send, *options], cwd=tmp_path, env=environ, check=False, capture_output=True, text=True
        )
        assert sent.returncode == 0, sent.stdout + sent.stderr
    finally:
        end_all(mock, tmp_path)
