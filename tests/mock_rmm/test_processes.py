"""The program as it is started: by gunicorn, in a process of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from mock_rmm.endpoints.receiver import KINDS
from tests.mock_rmm.running import BASIC, CALLOUT
from tests.mock_rmm.senders import DROPPED
from tests.servers import wait_until

pytestmark = pytest.mark.processes


class Program:
    def __init__(self, process: subprocess.Popen, url: str) -> None:
        self.process = process
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def send(self) -> requests.Response:
        return self.session.post(f"{self.url}/callouts/name-value", data=CALLOUT, auth=BASIC, timeout=60)

    def api(self, method: str, path: str, **keywords) -> requests.Response:
        return self.session.request(method, f"{self.url}/api{path}", timeout=30, **keywords)

    def up(self) -> bool:
        assert self.process.poll() is None, "it ended"
        try:
            return self.session.get(self.url + "/healthz", timeout=5).text == "ok"
        except requests.ConnectionError:
            return False

    def ended(self, number: int) -> tuple[int, str]:
        """Send a signal, and say the exit code and what was written."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=30)
        return self.process.returncode, output


@contextmanager
def program(**environ: str) -> Iterator[Program]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "mock_rmm"],
        env={"PATH": os.environ["PATH"], "MOCK_RMM_PORT": str(port), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    running = Program(process, f"http://127.0.0.1:{port}")
    try:
        wait_until(running.up)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        running.session.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_says_where_and_ends_cleanly(number: int):
    with program() as running:
        assert running.send().status_code == 200
        code, output = running.ended(number)
    assert code == 0
    assert output.startswith(f"Mock RMM on {running.url}/\n")
    assert "request 1 by name-value-post: answered 200" in output
    assert "Traceback" not in output


def test_a_long_delay_ends_when_the_server_stops():
    with program() as running, ThreadPoolExecutor() as pool:
        running.api("PUT", "/faults", json={"door": "*", "fault": "delay", "seconds": 600})
        sending = pool.submit(running.send)
        wait_until(lambda: running.api("GET", "/requests").json()["requests"])
        code, _ = running.ended(signal.SIGTERM)
        assert sending.result().status_code == 200
    assert code == 0


def test_silence_and_dribbling_keep_no_thread_and_end_when_the_server_stops():
    with program(MOCK_RMM_THREADS="2") as running, ThreadPoolExecutor(8) as pool:
        rules = [{"fault": "silence", "times": 4}, {"fault": "dribble", "seconds": 600}]
        for rule in reversed(rules):
            assert running.api("POST", "/rules", json=rule).status_code == 201

        def send() -> Exception | None:
            try:
                requests.post(running.url + "/callouts/name-value", data=CALLOUT, auth=BASIC, timeout=60)
            except requests.RequestException as error:
                return error
            return None

        sent = [pool.submit(send) for _ in range(8)]
        # The API has both threads while all eight are held
        wait_until(lambda: running.api("GET", "/requests").json()["total"] == 8)
        assert {row["answered_at"] for row in running.api("GET", "/requests").json()["requests"]} == {None}
        code, output = running.ended(signal.SIGTERM)
        assert all(each.result() is not None for each in sent)
    assert code == 0
    assert "Traceback" not in output


def test_control_c_ends_the_whole_group_in_silence():
    with program() as running, ThreadPoolExecutor() as pool:
        running.api("PUT", "/faults", json={"door": "*", "fault": "delay", "seconds": 600})
        sending = pool.submit(running.send)
        wait_until(lambda: running.api("GET", "/requests").json()["requests"])
        os.killpg(running.process.pid, signal.SIGINT)
        output, _ = running.process.communicate(timeout=30)
        assert sending.exception() is None or isinstance(sending.exception(), requests.ConnectionError)
    assert running.process.returncode == 0
    assert "Traceback" not in output


def test_a_port_that_is_taken_is_told():
    with program() as running:
        port = running.url.rsplit(":", 1)[1]
        done = subprocess.run(
            [sys.executable, "-m", "mock_rmm"],
            env={"PATH": os.environ["PATH"], "MOCK_RMM_PORT": port},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode != 0
    assert f"mock-rmm can't start: 127.0.0.1:{port} is taken" in done.stderr
    assert "Mock RMM on" not in done.stdout


def test_a_reset_is_a_true_rst_and_leaves_no_traceback():
    with program() as running:
        running.api("PUT", "/faults", json={"door": "*", "fault": "reset"})
        for _ in range(20):
            with pytest.raises(DROPPED) as dropped:
                running.send()
            assert "ConnectionResetError" in repr(dropped.value)
        with socket.create_connection(
            ("127.0.0.1", int(running.url.rsplit(":", 1)[1])), timeout=30
        ) as connection:
            connection.sendall(
                b"GET /callouts/name-value?id=1 HTTP/1.1\r\nHost: x\r\n"
                b"Authorization: Basic cm1tOnJtbS1zZWNyZXQ=\r\n\r\n"
            )
            with pytest.raises(ConnectionResetError):
                connection.recv(100)
        running.api("DELETE", "/faults")
        assert running.send().status_code == 200
        code, output = running.ended(signal.SIGTERM)
    assert code == 0
    assert "Traceback" not in output
    assert "rror" not in output


def test_hostile_documents_leave_no_traceback_and_a_large_body_hears_413():
    with program() as running:
        for door in KINDS.values():
            for body in (b"", b"\xff\xfe", b"<a/>", b"x" * (3 * 1024 * 1024)):
                answer = running.session.post(running.url + door.path, data=body, auth=BASIC, timeout=30)
                assert answer.status_code in {200, 400, 413, 500}
        assert answer.status_code == 413
        _, output = running.ended(signal.SIGTERM)
    assert "Traceback" not in output
    assert re.search(r"request \d+ by soap: answered 500", output)


def test_a_wrong_setting_stops_the_start_with_a_sentence():
    done = subprocess.run(
        [sys.executable, "-m", "mock_rmm"],
        env={"PATH": os.environ["PATH"], "MOCK_RMM_HOST": "0.0.0.0", "MOCK_RMM_PORT": "x"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "mock-rmm can't start: MOCK_RMM_PORT is 'x': make it a whole number" in done.stderr
    assert "set MOCK_RMM_ADMIN_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_access_log_can_be_had():
    with program(MOCK_RMM_ACCESS_LOG="on") as running:
        running.send()
        _, output = running.ended(signal.SIGTERM)
    assert '"POST /callouts/name-value HTTP/1.1" 200' in output


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system keeps no process on a core")
def test_it_stays_on_a_core_chosen_by_its_port_unless_that_is_not_wanted():
    cores = sorted(os.sched_getaffinity(0))
    with program() as running:
        assert cores_of_children(running) == [{cores[int(running.url.rpartition(":")[2]) % len(cores)]}]
    with program(MOCK_RMM_ONE_CORE="off") as running:
        assert cores_of_children(running) == [set(cores)]


def cores_of_children(running) -> list[set[int]]:
    pid = running.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [os.sched_getaffinity(int(child)) for child in children]


def test_it_never_imports_the_portal():
    code = (
        "import sys; from mock_rmm.app import create_app; from mock_rmm.settings import Settings; "
        "create_app(Settings()); print([name for name in sys.modules if name.split('.')[0] == 'portal'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "[]\n"
