"""What the manual tells of `mock-rmm send` is so."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_rmm.command import mock_rmm
from mock_rmm.sending.options import PARAMETERS
from mock_rmm.sending.outcome import Kind
from mock_rmm.sending.pairs import PAIRS
from tests.mock_rmm.sending.test_command import report, send
from tests.receiver import Answer, Receiver, listening

MANUAL = (Path(__file__).parents[3] / "docs" / "mock-rmm.md").read_text(encoding="utf-8")
SECTION = MANUAL.split("\n## Send callouts at your receiver\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
COMMANDS = [text.replace("\\\n", " ") for language, text in BLOCKS if language == "sh"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as each:
        yield each


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_can_be_typed_as_it_stands(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    program, *words = shlex.split(command)
    assert program == "mock-rmm"
    (cases,) = (text for language, text in BLOCKS if language == "json")
    monkeypatch.chdir(tmp_path)
    Path("cases.json").write_text(cases, encoding="utf-8")
    result = CliRunner().invoke(mock_rmm, [*words, "--dry-run"])
    assert result.exit_code == 0, result.output
    assert "https://rmm.example/" in result.stdout


def test_there_are_commands():
    assert len(COMMANDS) == 4


def test_the_report_looks_as_it_is_shown(receiver: Receiver):
    (shown,) = (text for language, text in BLOCKS if not language)
    headers = {"Content-Type": "text/plain", "Retry-After": "300"}
    receiver.answers = [Answer(503, b"busy\n", headers)]
    said = send(receiver.url, "--field", "udf=ALERT-1").stdout
    said = re.sub(r"in \d+ ms", "in 12 ms", said.replace(receiver.url, "https://rmm.example/callouts"))
    assert said == shown


def test_the_table_of_pairs_is_the_registry_and_says_what_each_needs():
    rows = re.findall(r"^\| `([a-z0-9.-]+)`.*?\|(.*?)\|(.*?)\|$", SECTION, re.MULTILINE)
    assert [name for name, _, _ in rows] == list(PAIRS)
    for name, label, needs in rows:
        pair = PAIRS[name]
        assert ("--method" in needs, "--soap-action" in needs) == (pair.needs_method, pair.needs_soap_action)
        assert label.strip().startswith(
            pair.label if pair.sent_by_portal else "none: a portal sends SOAP 1.1"
        )


def test_each_option_that_is_named_exists():
    options = {name for each in PARAMETERS for name in each.opts} | {"--help"}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", SECTION))
    assert named <= options
    assert len(named) > 15


def test_the_variables_are_those_that_are_read():
    read = {each.envvar for each in PARAMETERS if each.envvar}
    assert set(re.findall(r"`(MOCK_RMM_SEND_[A-Z_]+)`", MANUAL)) == read


def test_the_report_for_programs_has_the_parts_that_are_named(receiver: Receiver):
    told = report(receiver.url)
    (callout,) = told["callouts"]
    named = re.findall(r"`([a-z_]+)`", SECTION.split("It prints ")[1])
    parts = [*told, *callout, *callout["request"], *callout["answer"], *Kind]
    assert set(named) == {*parts, "delivered", "resent"}
