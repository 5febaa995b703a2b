"""What is below HTTP, seen by programs that are not ours: curl, requests, and a bare socket."""

import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
import requests

from mock_rmm.connection import HeldConnections
from mock_rmm.settings import Settings
from tests.browser_binary import without_curl
from tests.mock_rmm.running import BASIC, CALLOUT, Mock, running_mock
from tests.mock_rmm.senders import DROPPED
from tests.servers import wait_until

WITHOUT_END = 600
CURL_IS_THERE = pytest.mark.skipif(bool(without_curl()), reason=without_curl())


@dataclass
class Curled:
    code: int
    body: bytes


def curl(mock: Mock, *options: str) -> Curled:
    values = [word for name, value in CALLOUT.items() for word in ("--data-urlencode", f"{name}={value}")]
    done = subprocess.run(
        [
            *("curl", "-q", "-sS", "--noproxy", "*", "-m", "20", "-u", ":".join(BASIC)),
            *options,
            *values,
            mock.address("name-value-post"),
        ],
        capture_output=True,
        timeout=60,
        check=False,
    )
    return Curled(done.returncode, done.stdout)


def order(mock: Mock, **rule: object) -> None:
    answer = mock.api("POST", "/rules", json=rule)
    assert answer.status_code == 201, answer.text


OUTCOMES = [
    ("reset", {}, 56),
    ("empty", {}, 52),
    ("garbage", {}, 1),
    ("truncated", {}, 18),
    ("silence", {"seconds": 0.1}, 52),
]
"""curl's exit codes: failure receiving, empty reply, HTTP/0.9 not allowed, partial file."""


@CURL_IS_THERE
@pytest.mark.parametrize(("fault", "settings", "code"), OUTCOMES)
def test_curl_meets_each_fault_of_the_connection(mock: Mock, fault: str, settings: dict, code: int):
    order(mock, fault=fault, times=1, **settings)
    assert curl(mock).code == code
    wait_until(lambda: mock.last()["answered_at"])
    row = mock.last()
    assert (row["fault"], row["fields"]) == (fault, CALLOUT)
    again = curl(mock)
    assert (again.code, again.body) == (0, b"Received. No alert here knows this ticket.\n")


@pytest.mark.parametrize(
    ("fault", "settings", "error"),
    [
        ("reset", {}, DROPPED),
        ("empty", {}, DROPPED),
        ("garbage", {}, DROPPED),
        ("truncated", {}, requests.exceptions.ChunkedEncodingError),
        ("silence", {"seconds": 0.1}, DROPPED),
    ],
)
def test_requests_meets_each_fault_of_the_connection(mock: Mock, fault: str, settings: dict, error):
    order(mock, fault=fault, times=1, **settings)
    with pytest.raises(error):
        mock.form()
    assert mock.form().status_code == 200


@CURL_IS_THERE
def test_a_dribbled_body_arrives_whole(mock: Mock):
    order(mock, fault="dribble", seconds=0.5, times=1)
    done = curl(mock)
    assert (done.code, done.body) == (0, b"Received. No alert here knows this ticket.\n")
    wait_until(lambda: mock.last()["answered_at"])
    assert (mock.last()["answer_status"], mock.last()["fault"]) == (200, "dribble")


def test_a_dribbled_body_comes_in_many_reads(mock: Mock):
    order(mock, fault="dribble", seconds=0.5)
    where = urlsplit(mock.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as connection:
        connection.sendall(
            b"GET /callouts/name-value?id=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Basic cm1tOnJtbS1zZWNyZXQ=\r\n\r\n"
        )
        reads = list(iter(lambda: connection.recv(4096), b""))
    assert len(reads) > 2
    assert b"".join(reads).endswith(b"\r\n\r\nReceived. No alert here knows this ticket.\n")


def test_a_truncated_answer_comes_after_the_deed(connected_mock: Mock):
    mock = connected_mock
    alert = mock.api("POST", "/alerts", json={"device": "a", "message": "b", "door": "soap"}).json()
    order(mock, fault="truncated", times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        mock.form({**CALLOUT, "status": "Complete", "udf": alert["id"]})
    assert mock.api("GET", f"/alerts/{alert['id']}").json()["state"] == "cleared"
    assert "was cleared before" in mock.form({**CALLOUT, "status": "Complete", "udf": alert["id"]}).text


@pytest.mark.parametrize("fault", ["empty", "garbage", "silence"])
def test_without_an_answer_nothing_is_done(connected_mock: Mock, fault: str):
    mock = connected_mock
    alert = mock.api("POST", "/alerts", json={"device": "a", "message": "b", "door": "soap"}).json()
    order(mock, fault=fault, **({"seconds": 0} if fault == "silence" else {}))
    with pytest.raises(DROPPED):
        mock.form({**CALLOUT, "status": "Complete", "udf": alert["id"]})
    assert mock.api("GET", f"/alerts/{alert['id']}").json()["state"] == "open"


def test_a_random_delay_is_between_its_bounds(mock: Mock, monkeypatch: pytest.MonkeyPatch):
    waits: list[float] = []
    monkeypatch.setattr(mock.rmm.stopping, "wait", waits.append)
    order(mock, fault="delay", seconds=100, most_seconds=200)
    assert mock.form().status_code == 200
    assert 100 <= waits[0] <= 200


def test_the_journal_shows_a_silent_request_as_unanswered_until_its_caller_hangs_up(mock: Mock):
    order(mock, fault="silence")
    with pytest.raises(requests.Timeout):
        mock.form(timeout=0.2)
    wait_until(lambda: mock.last()["answered_at"])
    assert mock.last()["answer_status"] is None
    assert len(mock.rmm.held) == 0


def test_silent_answers_keep_no_thread_of_the_servers(mock: Mock):
    order(mock, fault="silence")
    with ThreadPoolExecutor(20) as pool:
        sent = [
            pool.submit(mock.form, timeout=WITHOUT_END, headers={"Connection": "close"}) for _ in range(20)
        ]
        wait_until(lambda: len(mock.rmm.held) == 20)
        # Each request had a thread of its own in this server; all of them are free again
        wait_until(lambda: not [each for each in threading.enumerate() if "process_request" in each.name])
        mock.rmm.stop()
        assert all(isinstance(each.exception(), DROPPED) for each in sent)
    wait_until(lambda: len(mock.rmm.held) == 0)


def test_no_silence_is_longer_than_the_setting():
    with running_mock(Settings(longest_silence=0.1)) as mock:
        order(mock, fault="silence", seconds=WITHOUT_END)
        with pytest.raises(DROPPED):
            mock.form(timeout=30)


def pair() -> tuple[socket.socket, socket.socket]:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        near = socket.create_connection(listener.getsockname())
        far, _ = listener.accept()
    return near, far


def test_of_too_many_held_connections_the_oldest_is_reset():
    held = HeldConnections(most=2)
    ended: list[int] = []
    pairs = [pair() for _ in range(3)]
    try:
        for number, (_, far) in enumerate(pairs):
            held.hold(far, ((WITHOUT_END, b""),), lambda number=number: ended.append(number))
        assert ended == [0]
        with pytest.raises(ConnectionResetError):
            pairs[0][0].recv(1)
        assert len(held) == 2
    finally:
        held.stop()
        wait_until(lambda: len(held) == 0)
        for near, _ in pairs:
            near.close()
    wait_until(lambda: sorted(ended) == [0, 1, 2])


def test_one_slow_reader_holds_up_nobody_else_and_gets_everything_in_the_end():
    held = HeldConnections()
    ended: list[str] = []
    (slow, slow_far), (quick, quick_far) = pair(), pair()
    large = b"x" * 8 * 1024 * 1024
    with slow, quick:
        held.hold(slow_far, ((0.0, large),), lambda: ended.append("slow"))
        held.hold(quick_far, ((0.0, b"quick"),), lambda: ended.append("quick"))
        assert quick.recv(100) == b"quick"
        wait_until(lambda: ended == ["quick"])
        received = 0
        while more := slow.recv(1024 * 1024):
            received += len(more)
        assert received == len(large)
    wait_until(lambda: ended == ["quick", "slow"])
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "held"])


def test_without_a_socket_of_the_servers_a_fault_still_ends_the_request(mock: Mock):
    from mock_rmm.app import create_app
    from mock_rmm.rmm import EXTENSION

    app = create_app(Settings())
    with app.test_client() as client:
        client.post("/api/rules", json={"fault": "truncated"})
        with pytest.raises(ConnectionResetError):
            client.post(urlsplit(mock.address("name-value-post")).path, data=CALLOUT, auth=BASIC)
        (row,) = client.get("/api/requests").get_json()["requests"]
    assert (row["fault"], row["answer_status"]) == ("truncated", 200)
    assert row["answered_at"]
    app.extensions[EXTENSION].stop()
