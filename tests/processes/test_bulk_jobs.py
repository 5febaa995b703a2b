"""A bulk job under real workers: the sweep finds it, and one that is killed in its midst loses nothing of it."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from portal.clock import now
from portal.db.engine import db
from portal.delivery import bulk
from portal.delivery.selection import Selection
from portal.models import BulkJob, Callout, Delivery
from portal.models.bulk import BULK_DONE
from tests.delivery.conftest import make_callout
from tests.delivery.test_bulk import add
from tests.processes.running import Program
from tests.processes.test_workers import QUICK, pool_of
from tests.servers import wait_until

pytestmark = pytest.mark.processes
MANY = 5_000


def facts(job_id: int) -> tuple[str, int]:
    """Give a job's state and how much of it is done, read anew."""
    row = db.session.execute(select(BulkJob.state, BulkJob.changed).filter_by(id=job_id)).one()
    db.session.commit()
    return row.state, row.changed


def test_a_job_whose_worker_is_killed_is_ended_by_the_next_one(
    session, ticket, receiver, start_worker: Callable[..., Program], environ
):
    callout = make_callout(session, receiver.url)
    # what is sent again then waits, so that only the job is at work
    session.execute(update(Callout).values(active=False))
    add(session, ticket, callout, "failed", MANY)
    job_id = bulk.open_job(session(), Selection(), now(), who="Ada Lovelace", who_id=None, now=now()).id
    session.commit()
    # nobody rings: the sweep finds the job
    start_worker(**QUICK)
    wait_until(lambda: facts(job_id)[1], what="a batch is done")
    for pid in pool_of(Path(environ["PORTAL_INSTANCE"]))[1]:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: facts(job_id)[0] == BULK_DONE, what="the job is done")
    assert facts(job_id) == (BULK_DONE, MANY)
    waiting = select(func.count()).select_from(Delivery).filter_by(state="waiting", attempts_before=11)
    assert session.scalar(waiting) == MANY
    session.commit()
