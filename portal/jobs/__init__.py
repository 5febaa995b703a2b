"""What RQ runs: the functions in ``JOBS`` are all that a job may name, and none of them takes an argument.

A worker process binds its app once; a job is then a context around a use case.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from typing import Final

import structlog
from flask import Flask

from portal import clock
from portal.db import counters
from portal.db.doorbell import BULK_JOB, DRAIN_JOB, MAIL_JOB, RETENTION_JOB
from portal.db.engine import db
from portal.db.services import services
from portal.db.sessions import reading, writing
from portal.delivery import bulk as bulk_jobs
from portal.delivery import clock_jumps
from portal.delivery.concurrency import Windows
from portal.delivery.drain import Drain
from portal.http.client import Client, Limits
from portal.notify import messages

# How long a worker deletes what is old before it looks for anything else, and its rest after each batch.
_KEEP_TURN, _KEEP_REST = 2.0, 0.02

log = structlog.get_logger("jobs")
# set when this worker is told to stop, so that a long drain ends soon
stopping = threading.Event()
# a clock that was ahead may have put off what waits: known not to be so after a look at the rows
_may_be_behind = threading.Event()
_may_be_behind.set()
_bound: list[Flask] = []


def bind(app: Flask) -> None:
    """Say which app this process works for."""
    _bound[:] = [app]


def drain() -> None:
    """Send the deliveries that are due."""
    with _bound[0].app_context():
        attempts = Drain(db.engine, services(), _client(), _windows(), stopping.is_set, _clocks()).run()
    if attempts:
        log.info("drained", attempts=attempts)


def send_mail() -> None:
    """Send the messages that are due, by every channel."""
    with _bound[0].app_context():
        services().doorbell.answer_mail()
        messages.send_due(db.engine, services().settings, stopping.is_set)


def bulk() -> None:
    """Go on with the bulk jobs for a while, and let another do so if there is more."""
    with _bound[0].app_context():
        bell = services().doorbell
        bell.answer_bulk()
        if bulk_jobs.work(db.engine, bell.ring, stopping.is_set):
            bell.ring_bulk()
        counters.flush(bell)


def keep() -> None:
    """Delete what ended long ago, for a moment; what is due goes first, and somebody goes on afterwards."""
    from portal.delivery import retention  # noqa: PLC0415

    begun = time.monotonic()
    with _bound[0].app_context():
        bell, days = services().doorbell, services().settings.keep_days
        if not days:
            return

        def go_on() -> bool:
            # the rest is for everybody else who writes
            resting = not stopping.wait(_KEEP_REST)
            return resting and time.monotonic() - begun < _KEEP_TURN and not bell.is_up()

        deleted = retention.prune(db.engine, clock.now() - timedelta(days=days), go_on)
        if not deleted.whole:
            bell.reschedule_retention()
    if deleted.deliveries or deleted.mails:
        log.info("deleted_old", days=days, **asdict(deleted))


JOBS: Final[Mapping[str, Callable[[], None]]] = {
    DRAIN_JOB: drain,
    MAIL_JOB: send_mail,
    BULK_JOB: bulk,
    RETENTION_JOB: keep,
}


def sweep() -> None:
    """Ring if anything is due: this is what makes the bell a convenience, and nothing more."""
    from portal.delivery import due  # noqa: PLC0415

    with _bound[0].app_context():
        _bring_forward()
        with reading(db.engine) as session:
            stamp = int(clock.now().timestamp())
            found = due.any_lapsed(session, stamp) or due.due_callouts(session, stamp)
        if found:
            services().doorbell.ring()
        if messages.any_due(db.engine, services().settings):
            services().doorbell.ring_mail()
        if bulk_jobs.any_open(db.engine):
            services().doorbell.ring_bulk()
        if services().settings.keep_days:
            services().doorbell.ring_retention()


def _bring_forward() -> None:
    """At the start, and once the clock was set back: what waits must not wait for it to catch up."""
    bell, settings = services().doorbell, services().settings
    if clock_jumps.look(_clocks()) < 0:
        _may_be_behind.set()
        # Redis counts by the same clock: a flag that nobody answers would stay up as long
        bell.answer()
        bell.answer_mail()
    if not _may_be_behind.is_set():
        return
    lease, pause = settings.lease_seconds, settings.resend_seconds
    with writing(db.engine) as session:
        stamp = int(clock.now().timestamp())
        count = clock_jumps.bring_forward(session, stamp, lease_seconds=lease, pause=pause)
    _may_be_behind.clear()
    if count:
        log.warning("clock_was_set_back", brought_forward=count)


@cache
def _clocks() -> clock_jumps.ClockJumps:
    return clock_jumps.ClockJumps()


@cache
def _windows() -> Windows:
    return Windows(services().settings.senders)


@cache
def _client() -> Client:
    # one for the process: connections are kept from one drain to the next
    settings = services().settings
    limits = Limits(settings.connect_timeout, settings.send_timeout, settings.allowed, settings.http_proxy)
    return Client(limits, settings.senders)
