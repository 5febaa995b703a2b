"""The pytest plugin: the fixture `mock_rmm`, a mock RMM on a free port for one test.

It is imported by each run of pytest, so all else is imported when a test asks for the fixture.
"""

import warnings
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mock_rmm.in_process import MockRmm
    from mock_rmm.settings import Settings

MOST_SHOWN = 20


@pytest.fixture
def mock_rmm_settings() -> "Settings":
    """How `mock_rmm` is set. Override it to name a portal, or to want another password."""
    from mock_rmm.settings import Settings  # noqa: PLC0415 (see above)

    return Settings()


@pytest.fixture
def mock_rmm(mock_rmm_settings: "Settings") -> "Iterator[MockRmm]":
    """A mock RMM in this process, with an empty journal and no faults."""
    with warnings.catch_warnings():
        # Spyne is older than some deprecations, which is no reason for somebody's strict suite to fail
        warnings.simplefilter("ignore", DeprecationWarning)
        from mock_rmm.in_process import MockRmm  # noqa: PLC0415 (see above)

    with MockRmm(mock_rmm_settings) as running:
        yield running


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, pytest.TestReport]:
    """Show beside a test that failed what its mock RMM had received."""
    report: pytest.TestReport = yield
    running: Any = getattr(item, "funcargs", {}).get("mock_rmm")
    # Somebody's own fixture may have the name
    if report.failed and call.when == "call" and hasattr(running, "rmm"):
        report.sections.append(("Received by mock_rmm", _received(running)))
    return report


def _received(running: "MockRmm") -> str:
    from mock_rmm.in_process import entry_line  # noqa: PLC0415 (see above)

    entries = running.rmm.journal.newest(MOST_SHOWN)[::-1]
    lines = [entry_line(entry) for entry in entries]
    if len(running.rmm.journal) > len(entries):
        lines.insert(0, f"{len(running.rmm.journal)} in all; the newest are")
    return "\n".join(lines) or "Nothing."
