"""A short form of `make chaos`: whatever dies, freezes or goes away, the ledger closes on both sides."""

from pathlib import Path

import pytest

from tests.chaos import telling
from tests.chaos.plan import Plan
from tests.chaos.run import run

# half a minute on two idle cores; beside much else each restart takes its time
pytestmark = [pytest.mark.processes, pytest.mark.timeout(400)]
TICKETS, SECONDS = 100, 8.0


def test_nothing_is_lost_while_workers_die_freeze_and_servers_go_away(tmp_path: Path):
    """On PostgreSQL, which can go away too; `make chaos` also runs on SQLite."""
    report = run(Plan("postgres", TICKETS, SECONDS, seed=1, valkey_away=2.0, logs=tmp_path))
    told = telling.as_text(report)
    assert report.closes, told
    assert report.happened["sender killed"] > 0, told
    assert report.happened["frozen beyond its lease"] > 0, told
    assert report.happened["Valkey away for 2 s"] == 1, told
    assert report.happened["PostgreSQL restarted"] == 3
    assert report.states["delivered"] > TICKETS, told
