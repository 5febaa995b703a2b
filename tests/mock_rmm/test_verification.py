"""The verification API: count, find, wait, sequence and reset, asked over HTTP."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from mock_rmm.journal.waiting import LOOK_UP_EVERY, until
from mock_rmm.settings import Settings
from tests.mock_rmm.running import CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import SENDERS
from tests.servers import wait_until

COMPLETE = {**CALLOUT, "status": "Complete"}
NEW = {**CALLOUT, "status": "New"}


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def ask(mock: Mock, question: str, **asked: object) -> dict:
    answer = mock.api("POST", f"/requests/{question}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ask_aside(aside: ThreadPoolExecutor, mock: Mock, question: str, **asked: object) -> "Future[dict]":
    """Ask in another thread, and come back when the mock has begun to wait."""
    before = mock.rmm.waits.open
    future = aside.submit(ask, mock, question, **asked)
    wait_until(lambda: mock.rmm.waits.open > before)
    return future


def test_requests_are_counted_and_found_by_any_part(mock: Mock):
    for name, send in SENDERS.items():
        send(mock, COMPLETE if name == "soap" else NEW)
    assert ask(mock, "count") == {"count": 4}
    assert ask(mock, "count", match={"fields": {"status": "New"}}) == {"count": 3}
    assert ask(mock, "count", match={"door": "soap", "fields": {"status": "New"}}) == {"count": 0}
    found = ask(mock, "find", match={"door": {"contains": "name-value"}})
    assert [each["door"] for each in found["requests"]] == ["name-value-get", "name-value-post"]
    assert found["requests"][0] == mock.journal()[0]
    assert ask(mock, "find", match={"method": "POST"}, after=2, limit=1)["total"] == 2
    assert [each["id"] for each in ask(mock, "find", after=2, limit=1)["requests"]] == [3]


def test_a_wait_is_over_at_once_when_the_request_is_there_already(mock: Mock):
    mock.form(COMPLETE)
    told = ask(mock, "wait", match={"fields": {"status": "Complete"}}, timeout=0)
    assert (told["met"], told["count"], told["wanted"], told["misses"]) == (True, 1, 1, [])
    assert told["requests"][0]["fields"]["number"] == CALLOUT["number"]


def test_a_wait_is_over_as_soon_as_enough_have_arrived(mock: Mock, aside: ThreadPoolExecutor):
    waiting = ask_aside(aside, mock, "wait", match={"fields": {"status": "Complete"}}, count=2, timeout=60)
    mock.form(COMPLETE)
    mock.form(NEW)
    assert not waiting.done()
    mock.form(COMPLETE)
    told = waiting.result(30)
    assert (told["met"], [each["id"] for each in told["requests"]]) == (True, [1, 3])


def test_a_wait_hears_of_a_request_before_its_delayed_answer(mock: Mock, aside: ThreadPoolExecutor):
    mock.fault(door="*", fault="delay", seconds=300)
    waiting = ask_aside(aside, mock, "wait", match={"door": "name-value-post"}, timeout=60)
    sending = aside.submit(mock.form, COMPLETE)
    told = waiting.result(30)
    assert told["met"]
    assert told["requests"][0]["answered_at"] is None
    mock.rmm.stop()
    assert sending.result(30).status_code == 200


def test_a_wait_can_be_for_an_answer(mock: Mock, aside: ThreadPoolExecutor):
    waiting = ask_aside(aside, mock, "wait", match={"answer_status": 503, "fault": "status"}, timeout=60)
    mock.form(COMPLETE)
    mock.fault(door="*", fault="status", status=503)
    mock.form(COMPLETE)
    assert [each["id"] for each in waiting.result(30)["requests"]] == [2]


def test_a_wait_in_vain_tells_the_nearest_misses_and_how_they_differ(mock: Mock):
    mock.form(NEW)
    mock.form({**NEW, "number": "T20991231.0001"})
    wanted = {"fields": {"status": "Complete", "number": CALLOUT["number"]}, "door": "name-value-post"}
    told = ask(mock, "wait", match=wanted, timeout=0)
    assert (told["met"], told["count"]) == (False, 0)
    assert told["sentence"].startswith("0 of 1 expected request came within")
    assert [miss["request"]["id"] for miss in told["misses"]] == [1, 2]
    assert told["misses"][0]["differences"] == [
        {
            "part": "fields.status",
            "expected": '"Complete"',
            "came": "New",
            "sentence": 'fields.status: "New" came, expected was "Complete".',
        }
    ]


def test_only_what_came_after_a_request_counts_if_one_says_so(mock: Mock):
    mock.form(COMPLETE)
    assert ask(mock, "wait", after=1, timeout=0)["met"] is False
    mock.form(COMPLETE)
    assert [each["id"] for each in ask(mock, "wait", after=1, timeout=0)["requests"]] == [2]


def test_a_sequence_is_checked_and_waited_for(mock: Mock, aside: ThreadPoolExecutor):
    steps = [{"fields": {"status": "New"}}, {"fields": {"status": "Complete"}}]
    mock.form(COMPLETE)
    waiting = ask_aside(aside, mock, "sequence", matches=steps, timeout=60)
    mock.form(NEW)
    told = ask(mock, "sequence", matches=steps)
    assert (told["met"], told["missing"], [each["id"] for each in told["requests"]]) == (False, 1, [2])
    assert "request 1 fits it, but came earlier" in told["sentence"]
    mock.form(COMPLETE)
    told = waiting.result(30)
    assert (told["met"], told["missing"], [each["id"] for each in told["requests"]]) == (True, None, [2, 3])


def test_a_sequence_in_vain_tells_what_came_in_the_place_of_the_missing_step(mock: Mock):
    mock.form(NEW)
    mock.form({**NEW, "status": "Completed"})
    told = ask(mock, "sequence", matches=[{"fields": {"status": "New"}}, {"fields": {"status": "Complete"}}])
    assert [miss["request"]["id"] for miss in told["misses"]] == [2]


def test_there_is_an_end_to_how_many_wait(aside: ThreadPoolExecutor):
    with running_mock(Settings(threads=4)) as mock:
        waiting = ask_aside(aside, mock, "wait", timeout=60)
        for question, asked in (("wait", {}), ("sequence", {"matches": [{}], "timeout": 60})):
            answer = mock.api("POST", f"/requests/{question}", json=asked)
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
            assert "MOCK_RMM_THREADS" in answer.json()["error"]
        mock.form(COMPLETE)
        assert waiting.result(30)["met"]
        assert ask(mock, "wait", timeout=0)["met"]


def test_who_hangs_up_waits_no_more(mock: Mock):
    where = urlsplit(mock.url)
    body = b'{"timeout": 300}'
    with socket.create_connection((where.hostname or "", where.port or 0)) as caller:
        caller.sendall(
            b"POST /api/requests/wait HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        wait_until(lambda: mock.rmm.waits.open == 1)
    wait_until(lambda: mock.rmm.waits.open == 0)


def test_a_stopping_mock_lets_go_of_who_waits(mock: Mock, aside: ThreadPoolExecutor):
    waiting = ask_aside(aside, mock, "wait", timeout=300)
    mock.rmm.stop()
    assert waiting.result(30)["met"] is False


def test_many_who_wait_are_all_told(mock: Mock):
    with ThreadPoolExecutor(16) as pool:
        waiting = [pool.submit(ask, mock, "wait", count=20, timeout=60) for _ in range(8)]
        sending = [pool.submit(SENDERS["soap"], mock, COMPLETE) for _ in range(20)]
        assert {each.result(60).status_code for each in sending} == {200}
        assert {each.result(60)["count"] for each in waiting} == {20}
    assert threading.active_count() < 40


def test_a_wrong_question_is_refused_part_by_part(mock: Mock, subtests: pytest.Subtests):
    for question, asked, wrong in [
        ("count", {"match": {"colour": "red"}}, {"match.colour"}),
        ("count", {"limit": 1}, {"limit"}),
        ("find", {"limit": 0, "after": -1}, {"limit", "after"}),
        ("find", {"limit": True}, {"limit"}),
        ("wait", {"count": 0, "timeout": 301}, {"count", "timeout"}),
        ("wait", {"timeout": "10", "count": 1.5}, {"count", "timeout"}),
        ("wait", {"timeout": 10**400}, {"timeout"}),
        ("wait", {"match": []}, {"match"}),
        ("sequence", {}, {"matches"}),
        ("sequence", {"matches": []}, {"matches"}),
        ("sequence", {"matches": [{}] * 51}, {"matches"}),
        ("sequence", {"matches": [{}, {"door": 1.5}], "match": {}}, {"matches.1.door", "match"}),
    ]:
        with subtests.test(question=question, asked=asked, wrong=wrong):
            mock.reset()
            answer = mock.api("POST", f"/requests/{question}", json=asked)
            assert answer.status_code == 400
            assert set(answer.json()["fields"]) == wrong


def test_journal_and_rules_are_reset_each_without_the_other(mock: Mock, subtests: pytest.Subtests):
    for given, requests, faults in [
        ({"journal": True}, 0, 1),
        ({"rules": True}, 1, 0),
        ({"journal": True, "rules": True}, 0, 0),
        ({"journal": True, "rules": False}, 0, 1),
    ]:
        with subtests.test(given=given, requests=requests, faults=faults):
            mock.reset()
            mock.form(COMPLETE)
            mock.fault(door="soap", fault="status")
            assert mock.api("POST", "/reset", json=given).status_code == 204
            assert len(mock.journal()) == requests
            assert len(mock.api("GET", "/faults").json()["faults"]) == faults


def test_a_reset_of_nothing_or_of_something_unknown_is_refused(mock: Mock, subtests: pytest.Subtests):
    for given in [{}, {"journal": False}, {"journal": 1}, {"alerts": True, "rules": True}]:
        with subtests.test(given=given):
            mock.reset()
            mock.form(COMPLETE)
            answer = mock.api("POST", "/reset", json=given)
            assert answer.status_code == 400
            assert answer.json()["fields"]
            assert len(mock.journal()) == 1


def test_a_wait_looks_again_only_when_something_has_come(mock: Mock):
    journal, looks = mock.rmm.journal, []

    def look() -> int:
        looks.append(journal.version)
        return len(journal)

    def enough(found: int) -> bool:
        return found == 2

    mock.form()
    assert until(journal, look, enough, timeout=LOOK_UP_EVERY * 3) == 1
    assert len(looks) == 1
    with ThreadPoolExecutor(1) as beside:
        found = beside.submit(until, journal, look, enough, 30)
        mock.form()
        assert found.result(30) == 2
