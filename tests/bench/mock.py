"""SOAP callouts a second at the mock RMM with its journal on, and at other mocks that record what they get."""

import base64
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from mock_rmm.journal import Entry, Journal
from mock_rmm.settings import DEFAULT_PASSWORD
from tests.bench.processes import ROOT, Program
from tests.bench.results import Missing, Table, percentile
from tests.servers import free_port, wait_until

CONNECTIONS = 16
FEW, MANY = 100, 10_000
_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
    '<soap:Body><TicketChanged xmlns="http://tempuri.org/"><id>8176</id><number>T20211120.0001</number>'
    "<status>Complete</status><created_datetime>2021-11-20T10:43:34.9030000-05:00</created_datetime>"
    "<last_activity_datetime>2022-03-25T11:23:58.6100000-04:00</last_activity_datetime>"
    "<domain>DEV3.COM</domain><udf>ALERT-1</udf></TicketChanged></soap:Body></soap:Envelope>"
)
_MAPPING = (
    '{"request": {"method": "POST", "urlPath": "/callouts/soap"}, "response": {"status": 200, "body": "ok"}}'
)
_IMPOSTER = (
    '{"imposters": [{"port": %d, "protocol": "http", "recordRequests": true,'
    ' "stubs": [{"responses": [{"is": {"statusCode": 200, "body": "ok"}}]}]}]}'
)


@dataclass(frozen=True)
class Mock:
    name: str
    command: Callable[[int, Path], list[str]]
    """What starts it at a port, with a folder of its own."""
    settings: Mapping[str, str] = field(default_factory=dict)


def table(count: int, runs: int) -> list[Table]:
    rows = [_rates(mock, count, runs) for mock in MOCKS]
    notes = [f"  {CONNECTIONS} connections that are kept; the client is a process of its own."]
    notes.append(
        "  Besides recording, the mock RMM reads, explains and answers as SOAP; the others answer “ok”."
    )
    head = ("what", "per second", "CPU ms each", "")
    return [Table("SOAP callouts at mocks that record them", head, rows, notes), _journal(runs)]


def _rates(mock: Mock, count: int, runs: int) -> tuple[str, ...]:
    try:
        with _running(mock) as (program, port):
            _load(port, count)  # warm
            rates, costs = [], []
            for _ in range(runs):
                used = program.cpu()
                rates.append(count / _load(port, count))
                costs.append((program.cpu() - used) / count * 1000)
    except Missing as missing:
        return (mock.name, "", "", f"skipped: {missing}")
    note = "at least 1,000" if mock is OURS else ""
    return (mock.name, f"{percentile(rates, 50):,.0f}", f"{percentile(costs, 50):.2f}", note)


@contextlib.contextmanager
def _running(mock: Mock) -> Iterator[tuple[Program, int]]:
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="rt-mock-"))
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "MOCK_RMM_PORT": str(port),
        "MOCK_RMM_THREADS": "4",
        "MOCK_RMM_JOURNAL": str(folder / "journal"),
        **mock.settings,
    }
    try:
        program = Program(mock.command(port, folder), environ, folder / "log")
        try:
            wait_until(lambda: _answers(port, program), 60, f"{mock.name} answers")
            yield program, port
        finally:
            program.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int, program: Program) -> bool:
    if program.process.poll() is not None:
        raise Missing(f"it ended at once: {program.output.strip()[-200:]}")
    try:
        _load(port, 1)
    except subprocess.CalledProcessError:
        return False
    return True


def _load(port: int, count: int) -> float:
    command = [sys.executable, "-m", "tests.bench.load", "127.0.0.1", str(port), str(CONNECTIONS), str(count)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, input=_request(port)).stdout
    return float(told)


def _request(port: int) -> bytes:
    """A callout as a portal sends it."""
    basic = base64.b64encode(f"rmm:{DEFAULT_PASSWORD}".encode()).decode()
    body = _ENVELOPE.encode()
    lines = (
        "POST /callouts/soap HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: bench",
        "Content-Type: text/xml; charset=utf-8",
        'SOAPAction: "http://tempuri.org/TicketChanged"',
        f"Authorization: Basic {basic}",
        "webhook-id: msg_00000000",
        f"webhook-timestamp: {int(time.time())}",
        "X-Callout-Attempt: 1",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def _journal(runs: int) -> Table:
    """What an entry costs, from its arrival to its place in the file, when the journal holds few or many."""
    rows = []
    medians = []
    for held in (FEW, MANY):
        with tempfile.TemporaryDirectory(prefix="rt-journal-") as folder:
            journal = Journal(most_entries=held, most_bytes=1 << 30, path=f"{folder}/journal")
            _write(journal, held)  # full: from now on each new one drops the oldest
            costs = [_write(journal, 2000) for _ in range(max(runs, 3))]
            journal.close()
        medians.append(percentile(costs, 50))
        rows.append((f"{held:,}", f"{medians[-1]:.1f}"))
    note = f"  {medians[1] / medians[0]:.2f} times (about 1 is wanted)"
    return Table("The journal's cost", ("entries held", "CPU µs an entry"), rows, [note])


def _write(journal: Journal, count: int) -> float:
    begun = time.process_time()
    for number in range(count):
        entry_id = journal.write(lambda new_id, number=number: _entry(new_id, number))
        journal.complete(entry_id, status=200, body=b"ok", now=datetime.now(UTC))
    len(journal.newest(1))  # saves what isn't yet
    return (time.process_time() - begun) / count * 1e6


def _entry(new_id: int, number: int) -> Entry:
    return Entry(
        id=new_id,
        received_at=datetime.now(UTC),
        endpoint="soap",
        method="POST",
        path="/callouts/soap",
        query="",
        headers=(("Content-Type", "text/xml; charset=utf-8"), ("webhook-id", f"msg_{number}")),
        body=_ENVELOPE.encode(),
        fields={"id": "8176", "status": "Complete"},
        operation="",
        problem="",
        authorised=True,
    )


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing("not installed")
    return found


def _mock_rmm(port: int, folder: Path) -> list[str]:
    del port, folder  # it is told by the environment
    return [sys.executable, "-m", "mock_rmm"]


def _wiremock(port: int, folder: Path) -> list[str]:
    program = _program("wiremock")
    (folder / "mappings").mkdir()
    (folder / "mappings" / "callout.json").write_text(_MAPPING)
    return [program, "--port", str(port), "--root-dir", str(folder), "--disable-banner"]


def _mountebank(port: int, folder: Path) -> list[str]:
    program = _program("mb")
    (folder / "imposters.json").write_text(_IMPOSTER % port)
    own = ["--port", str(free_port()), "--configfile", str(folder / "imposters.json")]
    return [program, "start", *own, "--nologfile", "--loglevel", "warn", "--pidfile", str(folder / "pid")]


OURS = Mock("mock RMM, one process of four threads", _mock_rmm)
WANDERING = Mock(
    "the same, free to wander between cores (MOCK_RMM_ONE_CORE=off)", _mock_rmm, {"MOCK_RMM_ONE_CORE": "off"}
)
MOCKS = (OURS, WANDERING, Mock("WireMock", _wiremock), Mock("mountebank", _mountebank))
