"""The jobs that RQ runs: a job may name only a function in ``JOBS``, and none of them takes an argument.

A worker process binds its app once; a job then runs a use case in its app context.
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

# How long a worker deletes before it looks for other work, and its pause after each batch, in seconds.
_RETENTION_SECONDS, _RETENTION_PAUSE = 2.0, 0.02

log = structlog.get_logger("jobs")
# set when this worker is stopped, so that a long drain ends soon
stopping = threading.Event()
# a clock that was ahead may have delayed waiting rows; cleared once they have been checked
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
    """Work on bulk jobs for a while, and ring for another worker if there is more."""
    with _bound[0].app_context():
        bell = services().doorbell
        bell.answer_bulk()
        if bulk_jobs.work(db.engine, bell.ring, stopping.is_set):
            bell.ring_bulk()
        counters.flush(bell)


def keep() -> None:
    """Delete what ended long ago, for a moment; due work goes first, and another job continues afterwards."""
    from portal.delivery import retention  # noqa: PLC0415

    begun = time.monotonic()
    with _bound[0].app_context():
        bell, days = services().doorbell, services().settings.keep_days
        if not days:
            return

        def go_on() -> bool:
            # the pause lets other writers in
            running = not stopping.wait(_RETENTION_PAUSE)
            return running and time.monotonic() - begun < _RETENTION_SECONDS and not bell.is_up()

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
    """Ring if anything is due, so that nothing depends on the doorbell alone."""
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
    """At the start, and after the clock was set back: waiting rows must not wait until it catches up."""
    bell, settings = services().doorbell, services().settings
    if clock_jumps.look(_clocks()) < 0:
        _may_be_behind.set()
        # Redis uses the same clock: a flag that nobody answers would stay set as long
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
