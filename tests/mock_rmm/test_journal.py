"""The journal has every request as it arrived, before anything else happens to it, and stays in its bounds."""

import dataclasses
from datetime import UTC, datetime

import pytest

from mock_rmm.endpoints.receiver import KINDS
from mock_rmm.journal import Entry, Journal
from mock_rmm.settings import Settings
from tests.mock_rmm.running import CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS
from tests.servers import wait_until

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(new_id: int, body: bytes = b"") -> Entry:
    return Entry(
        id=new_id,
        received_at=NOW,
        endpoint="soap",
        method="POST",
        path="/",
        query="",
        headers=(),
        body=body,
        fields={},
        operation="",
        problem="",
        authorised=True,
    )


def test_the_oldest_entries_go_when_there_are_too_many():
    journal = Journal(most_entries=3, most_bytes=10_000)
    for _ in range(10):
        journal.write(entry)
    assert [row.id for row in journal.after(0, limit=100)] == [8, 9, 10]
    assert journal.dropped == 7
    journal.complete(1, status=200, body=b"", now=datetime.now(UTC))


def test_the_oldest_entries_go_when_they_are_too_large():
    journal = Journal(most_entries=100, most_bytes=1000)
    for _ in range(10):
        journal.write(lambda new_id: entry(new_id, b"x" * 300))
    assert [row.id for row in journal.newest(100)] == [10, 9, 8]
    journal.clear()
    assert len(journal) == journal.dropped == 0
    assert journal.write(entry).id == 11


def test_an_answers_body_counts_too():
    journal = Journal(most_entries=100, most_bytes=1000)
    ids = [journal.write(entry).id for _ in range(3)]
    for entry_id in ids:
        journal.complete(entry_id, status=200, body=b"x" * 400, now=datetime.now(UTC))
    assert [row.id for row in journal.newest(100)] == [3, 2]


def test_an_attempt_that_is_no_number_is_none(subtests: pytest.Subtests):
    for text in ["x", "-1", "1e3", "9" * 5000, "", "²"]:
        with subtests.test(text=text):
            row = dataclasses.replace(entry(1), headers=(("X-Callout-Attempt", text),))
            assert row.attempt is None


def test_it_tells_delivery_attempt_and_headers_with_the_password_masked(mock: Mock):
    mock.form(headers={"webhook-id": "msg_1", "X-Callout-Attempt": "3", "Cookie": "a=b"})
    row = mock.last()
    assert (row["webhook_id"], row["attempt"]) == ("msg_1", 3)
    assert row["headers"]["Authorization"] == row["headers"]["Cookie"] == "•••"
    assert "cm1t" not in str(row)
    assert "rmm-secret" not in str(row)
    assert row["body"].startswith("id=8176&number=T20211120.0001&status=In+Progress")
    assert row["answer_body"] == "Received. No alert here knows this ticket.\n"
    assert row["received_at"].endswith("Z")


@pytest.mark.parametrize("door", KINDS)
def test_an_entry_is_there_before_the_delay_ends(mock: Mock, door: str):
    from concurrent.futures import ThreadPoolExecutor

    mock.fault(door="*", fault="delay", seconds=600)
    with ThreadPoolExecutor() as pool:
        sending = pool.submit(SENDERS[door], mock, CALLOUT)
        wait_until(mock.journal)
        row = mock.last()
        assert row["fields"] == CALLOUT
        assert row["fault"] == "delay"
        assert (row["answer_status"], row["answered_at"]) == (None, None)
        mock.rmm.stopping.set()
        assert sending.result().status_code == 200
    assert mock.last()["answer_status"] == 200


def test_requests_can_be_paged_filtered_and_cleared(mock: Mock):
    for _ in range(3):
        mock.form()
    SENDERS["soap"](mock, CALLOUT)
    assert [row["id"] for row in mock.api("GET", "/requests?after=1&limit=2").json()["requests"]] == [2, 3]
    assert [row["id"] for row in mock.api("GET", "/requests?door=soap").json()["requests"]] == [4]
    assert mock.api("GET", "/requests?limit=1").json()["total"] == 4
    assert mock.api("GET", "/requests/2").json()["id"] == 2
    assert mock.api("DELETE", "/requests").status_code == 204
    assert mock.journal() == []
    assert mock.api("GET", "/requests/2").status_code == 404


def test_bad_paging_is_told(mock: Mock):
    answer = mock.api("GET", "/requests?after=x&limit=-1")
    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {"after", "limit"}


def test_its_bounds_are_settings():
    with running_mock(Settings(journal_entries=2)) as mock:
        for _ in range(3):
            mock.form()
        answer = mock.api("GET", "/requests").json()
    assert [row["id"] for row in answer["requests"]] == [2, 3]
    assert answer["dropped"] == 1
