"""What the manual tells of `mock-rmm send`, of the start and of the settings is so."""

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mock_rmm.command import mock_rmm
from mock_rmm.sending.options import PARAMETERS
from mock_rmm.sending.outcome import Kind
from mock_rmm.sending.pairs import PAIRS
from mock_rmm.sending.secrets import SHORTEST, guises
from mock_rmm.settings import Settings
from tests.mock_rmm.sending.test_command import report, send
from tests.receiver import Answer, Receiver

MANUAL = (Path(__file__).parents[3] / "docs" / "mock-rmm.md").read_text(encoding="utf-8")
SECTION = MANUAL.split("\n## Send callouts at your receiver\n")[1].split("\n## ")[0]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
COMMANDS = [text.replace("\\\n", " ") for language, text in BLOCKS if language == "sh"]


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


class Asked(dict[str, str]):
    """An environment that keeps what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:
        self.names.add(name)
        return default


def test_the_table_of_settings_is_what_serving_reads_with_its_defaults():
    asked = Asked()
    Settings.from_env(asked)
    table = MANUAL.split("\nThey are environment variables.")[1].split("\n`mock-rmm send` reads")[0]
    rows = re.findall(r"^\| (`.*?) \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    named = [re.findall(r"`([A-Z_]+)`", name) for name, _, _ in rows]
    assert sorted(each for row in named for each in row) == sorted(asked.names - {"HOME", "XDG_STATE_HOME"})
    assert all(f"`{each}`" in table for each in asked.names)
    told = [
        re.findall(r"`(.+?)`", default) or [""] * len(row)
        for (_, default, _), row in zip(rows, named, strict=True)
    ]
    environ = {
        name: value
        for row, values in zip(named, told, strict=True)
        for name, value in zip(row, values, strict=True)
    }
    assert Settings.from_env(environ | {"MOCK_RMM_JOURNAL": "memory"}) == Settings()


def test_it_starts_as_the_manual_says_and_not_with_its_password_where_others_reach_it():
    start = MANUAL.split("\n## Start it\n")[1].split("\n## ")[0]
    settings = Settings()
    assert f"http://{settings.host}:{settings.port}" in start
    assert f"the user name `{settings.username}` and the password `{settings.password}`" in start
    assert replace(settings, host="0.0.0.0", admin_token="x" * 16).exposure_problems()
    for words in ("`python -m mock_rmm`", "\n.venv/bin/mock-rmm\n", "`docker compose up --build mock-rmm`"):
        assert words in start


def test_a_secret_is_looked_for_from_the_length_that_is_named():
    assert SHORTEST == 4
    assert "a secret of\nfewer than four bytes is not looked for" in SECTION
    assert not guises("abc")
    assert guises("abcd")
