"""The pytest plugin, in a pytest run of its own: as a stranger to this project has it, and as the manual shows it."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from mock_rmm.in_process import MockRmm, NotReceived
from tests.mock_rmm.running import CALLOUT

pytest_plugins = "pytester"

MANUAL = Path(__file__).parents[2] / "docs" / "mock-rmm.md"
STRICT = ("-W", "error", "-p", "no:xdist", "-p", "no:playwright", "-p", "no:cacheprovider")
# a run inside this one finds the plugin imported, and by a way that doesn't rewrite it unless this was `python -m`
STRICT += ("-W", "ignore::pytest.PytestAssertRewriteWarning")


def examples() -> tuple[str, str]:
    """The manual's two pieces of Python: the tests, and the settings."""
    section = MANUAL.read_text().split("## In pytest")[1].split("\n## ")[0]
    tests, settings = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    return tests, settings


def test_the_manuals_example_runs_as_it_stands(pytester: pytest.Pytester):
    pytester.makepyfile(examples()[0])
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=2)


def test_the_manuals_settings_take_effect(pytester: pytest.Pytester):
    pytester.makeconftest(examples()[1])
    pytester.makepyfile(
        examples()[0],
        test_auth="""
        def test_auth(mock_rmm):
            assert mock_rmm.auth == ("vendor", "another secret")
        """,
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=3)


def test_a_request_that_does_not_come_fails_the_test_with_the_nearest_misses(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        import requests

        def test_in_vain(mock_rmm):
            values = {"status": "New", "udf": "ALERT-1"}
            requests.post(mock_rmm.url("name-value-post"), data=values, auth=mock_rmm.auth, timeout=10)
            mock_rmm.wait_for(status="Complete", timeout=0)
        """
    )
    result = pytester.runpytest_inprocess(*STRICT)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*NotReceived: 0 of 1 expected request came within * seconds. 1 other came.",
            '*Expected was a request with fields.status "Complete".',
            "*The nearest:",
            "*Request 1 to name-value-post, answered 200: status='New', udf='ALERT-1'",
            '*fields.status: "New" came, expected was "Complete".',
            "*- Received by mock_rmm -*",
            "Request 1 to name-value-post, answered 200: status='New', udf='ALERT-1'",
        ]
    )
    # The failure is shown where the test waited, not inside the plugin
    assert "in_process.py" not in result.stdout.str()


def test_a_run_that_does_not_use_the_fixture_imports_nothing_of_it(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        import sys

        def test_imports():
            assert "mock_rmm.pytest_plugin" in sys.modules
            assert not {"flask", "spyne", "lxml", "mock_rmm.app"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess(*STRICT).assert_outcomes(passed=1)


def test_each_test_has_a_mock_of_its_own(pytester: pytest.Pytester):
    pytester.makepyfile(
        """
        import pytest
        import requests

        @pytest.mark.parametrize("time", [1, 2])
        def test_empty(mock_rmm, time):
            assert mock_rmm.requests == [] == mock_rmm.faults.all() == mock_rmm.alerts.all()
            mock_rmm.faults.put("status", status=204)
            mock_rmm.alerts.raise_()
            requests.get(mock_rmm.url("name-value-get"), {"id": 1}, auth=mock_rmm.auth, timeout=10)
            assert len(mock_rmm.find(id=1, answer_status=204)) == 1
            mock_rmm.reset()
            assert mock_rmm.requests == [] == mock_rmm.faults.all()
        """
    )
    pytester.runpytest_inprocess(*STRICT).assert_outcomes(passed=2)


def test_a_mock_leaves_nothing_behind():
    script = (
        "import threading, requests\n"
        "from mock_rmm.in_process import MockRmm\n"
        "with MockRmm() as mock:\n"
        "    requests.post(mock.url('name-value-post'), {'id': 1}, auth=mock.auth, timeout=10)\n"
        "    mock.wait_for(id=1)\n"
        "assert threading.active_count() == 1, threading.enumerate()\n"
    )
    run = [sys.executable, "-W", "error::ResourceWarning", "-c", script]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_asked_wrongly_is_told_at_once():
    with MockRmm() as mock:
        with pytest.raises(ValueError, match="There is no receiver 'soup'"):
            mock.url("soup")
        with pytest.raises(TypeError, match="colour: Unknown"):
            mock.wait_for(colour="red")
        with pytest.raises(ValueError, match="fault: Choose one of"):
            mock.faults.put("flood")
        with pytest.raises(ValueError, match="at most 65,536 characters"):
            mock.faults.put("garbage", body="x" * 2**21)
        with pytest.raises(ValueError, match="door: Choose one of"):
            mock.alerts.raise_(door="soup")
        with pytest.raises(LookupError, match="There is no alert ALERT-1"):
            mock.alerts.get("ALERT-1")
        assert mock.alerts.raise_(device=" SRV1 ").device == "SRV1"


def test_an_expectation_names_fields_and_all_else_together():
    with MockRmm() as mock:
        for number in ("1", "2"):
            values = {**CALLOUT, "number": number}
            requests.post(
                mock.url("name-value-post"),
                values,
                auth=mock.auth,
                headers={"webhook-id": number},
                timeout=30,
            )
        found = mock.find(
            id=8176, fields={"number": "2"}, headers={"Webhook-Id": {"missing": False}}, method="POST"
        )
        assert [entry.webhook_id for entry in found] == ["2"]
        with pytest.raises(NotReceived, match=r"(?s)Step 2 of 2 is missing.*fields.number: \"2\" came"):
            mock.wait_for_sequence({"number": "1"}, {"number": "3"}, timeout=0)


@pytest.mark.parametrize("ordered", [False, True])
def test_a_mock_that_stops_lets_go_of_who_waits_in_its_own_process(ordered: bool):
    with MockRmm() as mock, ThreadPoolExecutor(1) as aside:
        if ordered:
            waiting = aside.submit(mock.wait_for_sequence, {"id": 1}, {"id": 2}, timeout=300)
        else:
            waiting = aside.submit(mock.wait_for, id=1, timeout=300)
        mock.rmm.stop()
        with pytest.raises(NotReceived):
            waiting.result(60)
