"""The peers' programs: started, warmed up, and measured as the portal is."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from redis import Redis

from portal.callouts.formats import FORMATS
from portal.core.wire import Target
from tests.bench.ground import PLAIN, POSTGRES, Ground, fill, sample, wait_until_ended
from tests.bench.peers import celery_peer, dramatiq_peer, huey_peer, rq_peer
from tests.bench.processes import ROOT, Program
from tests.bench.rates import measured
from tests.bench.results import Missing, Run

_HERE = Path(__file__).parent / "peers"
_MOST_SECONDS = 120.0
_NPM_SECONDS = 180
Job = tuple[object, ...]


@dataclass(frozen=True)
class Peer:
    """``share`` is the part of the deliveries that it is given: a slow one need not be waited for."""

    name: str
    command: Callable[[], list[str]]
    enqueue: Callable[[str, list[Job]], None]
    share: float = 1.0
    databases: tuple[str, ...] = ("sqlite", POSTGRES)


def _python(*arguments: str) -> Callable[[], list[str]]:
    return lambda: [sys.executable, "-m", *arguments]


_CELERY = [
    "celery",
    "-A",
    "tests.bench.peers.celery_peer",
    "worker",
    "-P",
    "threads",
    "-c",
    "8",
    "-l",
    "ERROR",
]
_QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]


@cache
def _bullmq() -> Path:
    """Install BullMQ into a folder of its own, and give its program."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Missing("Node and npm are not on PATH")
    folder = Path(tempfile.mkdtemp(prefix="rt-bullmq-"))
    for name in ("package.json", "bullmq.cjs"):
        shutil.copy(_HERE / name, folder)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_NPM_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise Missing("npm could not install bullmq, ioredis and pg") from error
    return folder / "bullmq.cjs"


def _to_bullmq(redis_url: str, jobs: list[Job]) -> None:
    environ = os.environ | {"BENCH_SOCKET": redis_url.removeprefix("unix://").partition("?")[0]}
    subprocess.run(
        ["node", str(_bullmq()), "enqueue"], input=json.dumps(jobs).encode(), env=environ, check=True
    )


def forget() -> None:
    """Remove what was installed."""
    with contextlib.suppress(Missing):
        if _bullmq.cache_info().currsize:
            shutil.rmtree(_bullmq().parent, ignore_errors=True)


PEERS = (
    Peer("RQ Worker, forks", _python("tests.bench.peers.rq_peer", "fork"), rq_peer.enqueue, share=0.04),
    Peer("RQ SimpleWorker", _python("tests.bench.peers.rq_peer", "simple"), rq_peer.enqueue, share=0.3),
    Peer("Celery, 8 threads", _python(*_CELERY, *_QUIET), celery_peer.enqueue, share=0.5),
    Peer(
        "Huey, 8 threads",
        _python(
            "huey.bin.huey_consumer", "tests.bench.peers.huey_peer.huey", "-k", "thread", "-w", "8", "-q"
        ),
        huey_peer.enqueue,
        share=0.5,
    ),
    Peer(
        "Dramatiq, 8 threads",
        _python("dramatiq", "tests.bench.peers.dramatiq_peer", "-p", "1", "-t", "8"),
        dramatiq_peer.enqueue,
        share=0.5,
    ),
    Peer("BullMQ, Node", lambda: ["node", str(_bullmq()), "work"], _to_bullmq, databases=(POSTGRES,)),
)


@contextlib.contextmanager
def running(peer: Peer, place: Ground) -> Iterator[Program]:
    """Run a peer's worker until it has done some jobs, so that all is loaded and connected."""
    redis_url = place.environ["REDIS_URL"]
    environ = place.environ | {
        "BENCH_DATABASE": place.url,
        "BENCH_SOCKET": redis_url.removeprefix("unix://").partition("?")[0],
        "PYTHONPATH": str(ROOT),
    }
    program = Program(peer.command(), environ, place.folder / "peer.log")
    try:
        peer.enqueue(redis_url, jobs(place, 20))
        try:
            wait_until_ended(30)
        except AssertionError as error:
            raise Missing(f"did not start: {program.output.strip()[-200:]}") from error
        yield program
    finally:
        program.end()
        with Redis.from_url(redis_url) as redis:
            redis.flushall()


def jobs(place: Ground, count: int) -> list[Job]:
    """Write deliveries down, and give for each what a job is told: the whole request."""
    data_format = FORMATS["name_value"]
    found = []
    for delivery, ticket in zip(fill(place, PLAIN, count), place.tickets, strict=False):
        request = data_format.encode(sample(ticket), Target(f"{place.receiver}/callouts", "POST"))
        headers = dict(request.headers) | {"webhook-id": f"msg_{delivery:032x}"}
        found.append((delivery, request.method, request.url, headers, request.body.decode()))
    return found


def peer_run(peer: Peer, place: Ground, program: Program, count: int, base: float) -> Run:
    work = jobs(place, count)
    try:
        return measured(
            program, count, base, lambda: peer.enqueue(place.environ["REDIS_URL"], work), _MOST_SECONDS
        )
    except AssertionError as error:
        raise Missing(f"it took longer than {_MOST_SECONDS:.0f} s") from error
