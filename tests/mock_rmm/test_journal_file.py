"""The journal outlives the process that keeps it, and says what stands in its way."""

import contextlib
import os
import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from mock_rmm.diagnosis.finding import Finding
from mock_rmm.journal import Journal, Search, Unusable
from mock_rmm.settings import Settings
from tests.mock_rmm.running import CALLOUT, running_mock
from tests.mock_rmm.test_journal import NOW, entry
from tests.mock_rmm.test_processes import program
from tests.servers import wait_until

EVERY_BYTE = bytes(range(256))


def opened(path: Path, most_entries: int = 100) -> Journal:
    return Journal(most_entries=most_entries, most_bytes=100_000, path=str(path))


def ids(journal: Journal) -> list[int]:
    return [row.id for row in journal.after(0, limit=1000)]


def test_an_entry_comes_back_as_it_was(tmp_path: Path):
    first = opened(tmp_path / "new folder" / "journal")
    full = replace(
        entry(1, EVERY_BYTE),
        received_at=NOW.replace(microsecond=123_456),
        headers=(("X-A", "\xff"), ("X-A", "2"), ("webhook-id", "msg_1")),
        fields={"udf": "lone \ud800 surrogate, ü 😀", "id": ""},
        query="\xe9=1",
        operation="{urn:a}b",
        receiver="acme",
        findings=(Finding("code", "warning", 'Say "why".'),),
    )
    first.write(lambda _id: full)
    first.note_fault(1, "delay")
    first.complete(1, status=200, body=EVERY_BYTE, headers=(("Retry-After", "3"),), now=NOW)
    first.close()
    again = opened(tmp_path / "new folder" / "journal")
    done = replace(
        full, fault="delay", answer_status=200, answer_body=EVERY_BYTE, answer_headers=(("Retry-After", "3"),)
    )
    assert again.get(1) == replace(done, answered_at=NOW)
    assert [row.id for row in again.attempts("msg_1")] == [1]
    again.close()


def test_ids_bounds_and_what_was_dropped_go_on(tmp_path: Path):
    first = opened(tmp_path / "journal", most_entries=3)
    for _ in range(5):
        first.write(entry)
    first.close()
    again = opened(tmp_path / "journal", most_entries=2)
    assert ids(again) == [4, 5]
    assert (len(again), again.dropped) == (2, 3)
    again.clear()
    again.close()
    last = opened(tmp_path / "journal")
    assert (len(last), last.dropped, last.write(entry).id) == (0, 0, 6)
    last.close()


def test_what_was_being_answered_when_the_process_ended_has_no_answer(tmp_path: Path):
    first = opened(tmp_path / "journal")
    first.write(entry)
    first.close()
    again = opened(tmp_path / "journal")
    row = again.get(1)
    assert row is not None
    assert row.answer_status is None
    assert row.answered_at is not None
    again.close()


def test_an_entry_larger_than_all_bounds_takes_everything_with_it(tmp_path: Path):
    journal = opened(tmp_path / "journal")
    journal.write(entry)
    assert ids(journal) == [1]
    journal.write(lambda new_id: entry(new_id, b"x" * 200_000))
    assert ids(journal) == []
    assert (len(journal), journal.dropped) == (0, 2)
    journal.close()


def test_entries_reach_the_file_without_being_asked_for(tmp_path: Path):
    journal = opened(tmp_path / "journal")
    journal.write(entry)
    with contextlib.closing(sqlite3.connect(tmp_path / "journal")) as other:
        wait_until(lambda: other.execute("SELECT count(*) FROM entries").fetchone() == (1,))
    journal.close()


def test_only_its_user_may_read_it(tmp_path: Path):
    journal = opened(tmp_path / "folder" / "journal")
    journal.write(entry)
    journal.search(Search(), limit=1)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) & 0o077 for each in (tmp_path / "folder").iterdir()}
    assert set(modes.values()) == {0}, modes
    journal.close()


def test_a_file_is_not_shared_by_two(tmp_path: Path):
    journal = opened(tmp_path / "journal")
    with pytest.raises(Unusable, match="in use by another mock RMM"):
        opened(tmp_path / "journal")
    journal.close()
    opened(tmp_path / "journal").close()


def test_a_file_that_is_no_journal_is_told_and_left_alone(tmp_path: Path):
    (tmp_path / "journal").write_bytes(b"notes of mine, " * 100)
    with pytest.raises(Unusable, match="can't be used"):
        opened(tmp_path / "journal")
    assert (tmp_path / "journal").read_bytes().startswith(b"notes of mine")
    with pytest.raises(Unusable):
        opened(tmp_path / "journal" / "below a file")


def test_a_database_of_another_program_is_left_alone(tmp_path: Path):
    path = tmp_path / "app.db"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.executescript("CREATE TABLE entries (id INTEGER); INSERT INTO entries VALUES (7)")
    before = path.read_bytes()
    with pytest.raises(Unusable, match="another program"):
        opened(path)
    assert path.read_bytes() == before


def test_a_damaged_journal_is_told_and_let_go_of(tmp_path: Path):
    path = tmp_path / "journal"
    journal = opened(path, most_entries=1000)
    for _ in range(500):
        journal.write(entry)
    journal.close()
    whole = path.read_bytes()
    # The first pages still say that it is a journal
    path.write_bytes(whole[: 4 * 4096] + b"\xff" * (len(whole) - 4 * 4096))
    with pytest.raises(Unusable, match="can't be used"):
        opened(path)
    path.write_bytes(whole)
    opened(path).close()


def test_a_journal_of_another_version_is_left_alone(tmp_path: Path):
    with contextlib.closing(sqlite3.connect(tmp_path / "journal")) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(Unusable, match="another version"):
        opened(tmp_path / "journal")


def test_a_full_disk_keeps_no_caller_from_an_answer_and_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    journal = opened(tmp_path / "journal")
    journal.write(entry)
    assert ids(journal) == [1]
    journal._store._connection.execute(
        "PRAGMA query_only = 1"
    )  # what is written now fails, as on a full disk
    for _ in range(100):
        journal.write(entry)
    assert "can't be saved" in caplog.text
    row = journal.get(101)
    assert row is not None
    assert row.id == 101
    journal._store._connection.execute("PRAGMA query_only = 0")
    assert ids(journal) == list(range(2, 102))
    journal.close()


def refusing(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A full disk from now on; each attempt to write to it is taken down."""
    attempts: list[None] = []

    def keep(*_given: object, **_named: object) -> None:
        attempts.append(None)
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(journal._store, "keep", keep)
    return attempts


def test_a_door_does_not_try_again_what_can_not_be_saved(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    journal = Journal(most_entries=1000, most_bytes=100_000)
    attempts = refusing(journal, monkeypatch)
    for _ in range(500):
        journal.write(entry)
    assert len(attempts) == 1
    assert ids(journal) == []
    assert len(attempts) == 2
    assert caplog.text.count("can't be saved") == 1
    monkeypatch.undo()
    assert ids(journal) == list(range(1, 501))


def test_what_could_not_be_saved_is_saved_without_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    journal = opened(tmp_path / "journal")
    attempts = refusing(journal, monkeypatch)
    journal.write(entry)
    wait_until(lambda: attempts)
    monkeypatch.undo()
    with contextlib.closing(sqlite3.connect(tmp_path / "journal")) as other:
        wait_until(lambda: other.execute("SELECT count(*) FROM entries").fetchone() == (1,))
    journal.close()


def test_a_journal_on_a_full_disk_can_be_cleared(monkeypatch: pytest.MonkeyPatch):
    journal = Journal(most_entries=1000, most_bytes=100_000)
    journal.write(entry)
    assert ids(journal) == [1]
    refusing(journal, monkeypatch)
    journal.write(entry)
    journal.clear()
    assert ids(journal) == []
    assert (len(journal), journal.count(Search()), journal.get(1)) == (0, 0, None)
    monkeypatch.undo()
    assert ids(journal) == []


def test_an_entry_that_is_answered_counts_once_among_the_unsaved():
    journal = Journal(most_entries=3, most_bytes=100_000)
    for _ in range(5):
        journal.complete(journal.write(lambda new: entry(new, b"x" * 100)).id, status=200, body=b"", now=NOW)
    assert journal._unsaved_bytes == sum(row.size for row in journal._unsaved.values())


def test_many_threads_write_and_answer_at_once(tmp_path: Path):
    journal = Journal(most_entries=300, most_bytes=10_000_000, path=str(tmp_path / "journal"))

    def work() -> None:
        for _ in range(100):
            entry_id = journal.write(entry).id
            journal.complete(entry_id, status=200, body=b"ok", now=NOW)
            journal.newest(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids(journal) == list(range(101, 401))
    assert {row.answer_status for row in journal.newest(300)} == {200}
    assert journal.dropped == 100
    journal.close()


def test_who_waits_for_a_change_is_told_of_it_and_of_the_end():
    journal = Journal(most_entries=3, most_bytes=1000)
    assert journal.wait_for_change(journal.version, 0) == journal.version
    for cause in (lambda: journal.write(entry), journal.clear, journal.stop):
        seen = journal.version
        waiting = threading.Thread(target=journal.wait_for_change, args=(seen, 100))
        waiting.start()
        cause()
        waiting.join(20)
        assert not waiting.is_alive()


def test_the_mocks_requests_are_there_after_a_restart(tmp_path: Path):
    settings = Settings(journal=str(tmp_path / "journal"))
    with running_mock(settings) as mock:
        mock.form()
        before = mock.journal()
        mock.rmm.journal.close()
    with running_mock(settings) as mock:
        assert mock.journal() == before
        mock.form()
        assert [row["id"] for row in mock.journal()] == [1, 2]
        mock.rmm.journal.close()


def test_the_place_of_the_journal_is_a_setting(subtests: pytest.Subtests):
    for environ, journal in [
        ({}, ":memory:"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/mock-rmm/journal-8001.sqlite3"),
        ({"HOME": "/home/a", "MOCK_RMM_PORT": "9001"}, "/home/a/.local/state/mock-rmm/journal-9001.sqlite3"),
        ({"HOME": "/home/a", "XDG_STATE_HOME": "/state"}, "/state/mock-rmm/journal-8001.sqlite3"),
        ({"HOME": "/home/a", "MOCK_RMM_JOURNAL": "memory"}, ":memory:"),
        ({"HOME": "/home/a", "MOCK_RMM_JOURNAL": "/x/y"}, "/x/y"),
    ]:
        with subtests.test(environ=environ, journal=journal):
            assert Settings.from_env(environ).journal == journal


@pytest.mark.processes
def test_a_killed_program_has_what_it_had_received(tmp_path: Path):
    home = {"HOME": str(tmp_path)}
    with program(**home) as running:
        port = running.url.rpartition(":")[2]
        path = tmp_path / f".local/state/mock-rmm/journal-{port}.sqlite3"
        assert running.send().status_code == 200
        with contextlib.closing(sqlite3.connect(path)) as other:
            wait_until(lambda: other.execute("SELECT answer_status FROM entries").fetchall() == [(200,)])
        os.killpg(running.process.pid, 9)
        running.process.communicate()
    journal = opened(path)
    row = journal.get(1)
    assert row is not None
    assert row.fields == CALLOUT
    journal.close()
