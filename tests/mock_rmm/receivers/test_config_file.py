"""The file of MOCK_RMM_CONFIG says which receivers are there from the start; a wrong one stops it."""

import json
from pathlib import Path

import pytest

from mock_rmm.settings import Settings, WrongSettings
from tests.mock_rmm.receivers.contracts import OWN, body, send
from tests.mock_rmm.running import running_mock

MANUAL = Path(__file__).parents[3] / "docs" / "mock-rmm.md"
ACME = {
    "name": "acme",
    "door": "soap",
    "mode": "strict",
    "method": "ClearAlert",
    "soap_action": "http://acme.example/alerts/ClearAlert",
    "username": OWN[0],
    "password": OWN[1],
}


def settings(path: Path, content: object) -> Settings:
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return Settings.from_env({"MOCK_RMM_CONFIG": str(path)})


def test_its_receivers_are_there_from_the_start(tmp_path: Path):
    found = settings(tmp_path / "mock.json", {"receivers": [ACME, {"name": "b", "door": "xml-rpc"}]})
    assert OWN[1] not in repr(found)
    with running_mock(Settings(receivers=found.receivers)) as mock:
        assert send(mock, mock.url + "/callouts/acme", body()).status_code == 200
        assert mock.api("GET", "/receivers/b").json()["path"] == "/callouts/b"


def test_a_wrong_file_stops_the_start_in_a_sentence_for_each_mistake(
    tmp_path: Path, subtests: pytest.Subtests
):
    for content, sentences in [
        ("{", ["isn't JSON"]),
        ("[" * 100_000, ["isn't JSON"]),
        ("[]", ["must hold an object such as"]),
        ({}, ["must hold an object such as"]),
        ({"receivers": [], "rules": []}, ["must hold an object such as"]),
        ({"receivers": [5]}, ["receiver 1, receiver: Make it an object."]),
        (
            {"receivers": [ACME, {"name": "b", "door": "fax"}, {"name": "C", "door": "soap"}]},
            ["receiver 2, door: Choose one of", "receiver 3, name: Give a name"],
        ),
        (
            {"receivers": [ACME, ACME]},
            ["receiver 2, name: acme is there already", "receiver 2, path: acme has it"],
        ),
        (
            {"receivers": [{"name": "b", "door": "xml-rpc", "path": "/callouts/soap"}]},
            ["receiver 1, path: soap has it"],
        ),
    ]:
        with subtests.test(content=content, sentences=sentences):
            with pytest.raises(WrongSettings) as wrong:
                settings(tmp_path / "mock.json", content)
            assert len(wrong.value.problems) == len(sentences)
            for problem, sentence in zip(wrong.value.problems, sentences, strict=True):
                assert problem.startswith("MOCK_RMM_CONFIG")
                assert sentence in problem


def test_a_file_that_is_not_there_stops_the_start(tmp_path: Path):
    with pytest.raises(WrongSettings, match="can't be read"):
        Settings.from_env({"MOCK_RMM_CONFIG": str(tmp_path / "nothing.json")})


def test_the_manuals_example_is_taken(tmp_path: Path):
    section = MANUAL.read_text("utf-8").partition("## Receivers\n")[2].partition("\n## ")[0]
    example = section.partition("```json\n")[2].partition("```")[0]
    found = settings(tmp_path / "mock.json", example)
    assert [receiver.name for receiver in found.receivers] == ["acme", "old-acme", "rpc"]
