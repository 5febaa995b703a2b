"""Whoever writes to Redis can ring, and run nothing: jobs of a stranger's, in a real worker."""

import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis import Redis
from rq import Callback, Queue, Repeat, Retry
from rq.job import Job, JobStatus
from rq.registry import ReadyJobRegistry, StartedJobRegistry
from rq.serializers import JSONSerializer
from rq.webhook import Webhook

from portal.db.doorbell import DRAIN_JOB, QUEUE
from tests.conftest import make_ticket
from tests.delivery.conftest import make_callout
from tests.processes.ledger import delivered
from tests.processes.test_workers import QUICK, Start, complete_new
from tests.receiver import Receiver
from tests.servers import Valkey, wait_until

pytestmark = pytest.mark.processes
# found in a log, it would be a payload
SECRET = "known-to-the-stranger"


class Stranger:
    """Writes to Redis as RQ does, with everything that RQ would run; each thing would leave a file of its name."""

    def __init__(self, redis: Redis, marks: Path, listening: str) -> None:
        self.redis, self.marks, self.listening = redis, marks, listening
        self.queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer)
        self.pickling = Queue(QUEUE, connection=redis)

    def touch(self, name: str) -> str:
        return f"touch {shlex.quote(str(self.marks / name))} # {SECRET}"

    def pickled(self, name: str) -> object:
        command = self.touch(name)

        class Runs:
            def __reduce__(self) -> object:
                return os.system, (command,)

        return Runs()

    def write(self) -> None:
        """Each of the ways in, once."""
        put, touch = self.queue.enqueue, self.touch
        put("os.system", touch("plain"))
        put("os.system", kwargs={"command": touch("named argument")})
        put("subprocess.getoutput", touch("repeated"), repeat=Repeat(times=2, interval=0))
        put("os.system", touch("again"), retry=Retry(max=2))
        put("portal.jobs.JOBS.__class__.__base__.__subclasses__")
        put(DRAIN_JOB, touch("argument of ours"))
        for when in ("success", "failure", "stopped"):
            callback = {f"on_{when}": Callback(f"{__name__}.leave_{when}")}
            put(DRAIN_JOB, description=str(self.marks), **callback)
            put(DRAIN_JOB, 1, description=str(self.marks), **callback)
        for state in ("finished", "failed"):
            put(DRAIN_JOB, webhooks=[Webhook(f"{self.listening}/{SECRET}", state)])
        self._later()
        self._behind_ours()
        self._pickles()
        self._abandoned()
        self._spoilt()

    def _later(self) -> None:
        self.queue.enqueue_at(datetime.now(UTC) - timedelta(hours=1), "os.system", self.touch("due before"))
        self.queue.enqueue_in(timedelta(seconds=1), "os.system", self.touch("due soon"))
        self.pickling.enqueue_in(timedelta(seconds=1), "os.system", self.touch("due soon, pickled"))

    def _behind_ours(self) -> None:
        ours = self.queue.enqueue(DRAIN_JOB)
        self.queue.enqueue("os.system", self.touch("dependent"), depends_on=ours)
        self.pickling.enqueue("os.system", self.touch("dependent, pickled"), depends_on=ours)

    def _pickles(self) -> None:
        self.pickling.enqueue("os.system", self.touch("call, pickled"))
        self.pickling.enqueue(DRAIN_JOB, self.pickled("argument, pickled"))
        self.pickling.enqueue(DRAIN_JOB, meta={"m": self.pickled("meta, pickled")})
        Queue("other", connection=self.redis).enqueue("os.system", self.touch("other queue"))

    def _abandoned(self) -> None:
        """What RQ's maintenance looks at when a worker starts."""
        for serializer in (JSONSerializer, None):
            kind = "pickled" if serializer is None else "JSON"
            meta = {"m": self.pickled("meta of an abandoned one")} if serializer is None else None
            for name, status in (("started", JobStatus.STARTED), ("ready", JobStatus.READY_TO_ENQUEUE)):
                job = Job.create(
                    "os.system",
                    (self.touch(f"{name}, {kind}"),),
                    connection=self.redis,
                    status=status,
                    origin=QUEUE,
                    meta=meta,
                    serializer=serializer,
                    description=str(self.marks),
                    on_failure=Callback(f"{__name__}.leave_failure"),
                )
                job.save()
                key, entry = (
                    (StartedJobRegistry(QUEUE, self.redis).key, f"{job.id}:1")
                    if name == "started"
                    else (ReadyJobRegistry(QUEUE, self.redis).key, job.id)
                )
                self.redis.zadd(key, {entry: 1})

    def _spoilt(self) -> None:
        """Hashes that RQ can't read, and ids that it takes for none."""
        for field, value in (("status", "none of RQ's"), ("timeout", "soon"), ("data", b"\xff"), ("\xff", 1)):
            job = self.queue.enqueue(DRAIN_JOB)
            self.redis.hset(job.key, field, value)
        self.redis.set(Job.key_for("text"), "no record")
        self.redis.rpush(self.queue.key, "not an id", "text", b"\xff", "a" * 300)


def leave_success(job: Job, *_: object) -> None:
    (Path(job.description) / "on success").touch()


def leave_failure(job: Job, *_: object) -> None:
    (Path(job.description) / "on failure").touch()


def leave_stopped(job: Job, *_: object) -> None:
    (Path(job.description) / "on stopped").touch()


def test_whoever_writes_to_redis_can_ring_and_runs_nothing(
    session, company, receiver: Receiver, start_worker: Start, valkey: Valkey, tmp_path: Path
):
    make_callout(session, receiver.url)
    marks = tmp_path / "marks"
    marks.mkdir()
    with Redis.from_url(valkey.url) as redis:
        stranger = Stranger(redis, marks, receiver.url)
        stranger.write()
        # all that a bell runs is what came of due work: a worker that reads on delivers what comes now
        worker = start_worker(**QUICK)
        wait_until(lambda: not redis.llen(stranger.queue.key), what="all that was written was read")
        complete_new(session, company, 2)
        delivered(2)
        # what RQ's scheduler put back is read too
        wait_until(lambda: not redis.zcard(stranger.queue.scheduled_job_registry.key), what="it is scheduled")
        make_ticket(session, company)
        complete_new(session, company, 1)
        delivered(3)
        wait_until(lambda: not redis.llen(stranger.queue.key), what="the rest was read")
    assert sorted(each.name for each in marks.iterdir()) == []
    assert len(receiver.got) == 3, "no web hook of theirs is called"
    assert worker.output.count("job_refused") > 20
    assert SECRET not in worker.output
    # an id that RQ can't read ends a worker; the next one starts beside it
    assert "maintenance_failed" in worker.output
