"""`portal verify`: the whole round trip as it is run by hand, and its own end."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from portal.desk.demo import PAIRS
from portal.verify.scenarios import SCENARIOS
from tests.processes.conftest import Installed
from tests.processes.running import PORTAL, Program, environment, processes_of
from tests.servers import stop, wait_until

pytestmark = pytest.mark.processes


@pytest.mark.timeout(180)
def test_every_pair_makes_the_round_trip_through_every_trouble(installed: Installed, tmp_path: Path):
    done = subprocess.run(
        # as `make dist` builds it, outside a checkout
        [installed.programs / "portal", "verify", "--json"],
        # what is set for another portal must not reach the private one
        env=environment(
            tmp_path / "instance", TMPDIR=str(tmp_path), REDIS_URL="redis://127.0.0.1:1", PORTAL_PORT="x"
        ),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    told = json.loads(done.stdout)
    rows = {(row["pair"], row["scenario"]): row for row in told["rows"]}
    assert {key: row["why"] for key, row in rows.items() if row["why"]} == {}, done.stderr
    assert set(rows) == {(pair.label, scenario.name) for pair in PAIRS for scenario in SCENARIOS}
    left_out = {key for key, row in rows.items() if row["result"] == "not applicable"}
    assert left_out == {("name value GET", "fault-in-200"), ("name value POST", "fault-in-200")}
    for key in set(rows) - left_out:
        row = rows[key]
        assert row["result"] == "passed"
        assert row["attempts"] == {"round-trip": 1, "unavailable-twice": 3, "refused": 11}.get(
            row["scenario"], 2
        )
        assert (row["milliseconds"] is None) == (row["scenario"] == "refused")
    assert told["passed"] is True
    assert done.returncode == 0
    assert processes_of(tmp_path) == {}


def test_stopping_it_ends_its_portal_shows_the_log_and_leaves_nothing(tmp_path: Path):
    """By SIGTERM, whose handler is the one that Ctrl-C has."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environ = environment(tmp_path / "instance", TMPDIR=str(temporary))
    running = Program([PORTAL, "verify"], environ, tmp_path / "log")
    try:
        wait_until(lambda: ": passed" in running.output, what="the first scenario has passed")
        running.signal(signal.SIGTERM)
        assert running.wait(60) == 1
        assert processes_of(tmp_path) == {}
        assert list(temporary.iterdir()) == []
        assert "The end of the stack's log:" in running.output
        assert "Traceback" not in running.output
    finally:
        stop(running.process)


def test_a_killed_run_leaves_no_process(tmp_path: Path):
    environ = environment(tmp_path / "instance", TMPDIR=str(tmp_path))
    running = Program([PORTAL, "verify"], environ, tmp_path / "log")
    try:
        wait_until(lambda: ": passed" in running.output, what="the first scenario has passed")
        running.signal(signal.SIGKILL)
        wait_until(lambda: not processes_of(tmp_path), what="every process has ended")
    finally:
        stop(running.process)
