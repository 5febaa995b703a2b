"""What RQ runs: the functions below are all that a job may name, and none of them takes an argument.

A worker process binds its app once; a job is then a context around a use case.
"""

import threading
import time
from dataclasses import asdict
from datetime import timedelta
from functools import cache

import structlog
from flask import Flask

from portal.delivery import bulk as bulk_jobs
from portal.delivery import mail
from portal.delivery.drain import Drain
from portal.delivery.fairness import Lanes
from portal.delivery.http import Client, Limits
from portal.extensions import db
from portal.services import services

# How long a worker deletes what is old before it looks for anything else, and its rest after each batch.
_KEEP_TURN, _KEEP_REST = 2.0, 0.02

log = structlog.get_logger("jobs")
# set when this worker is told to stop, so that a long drain ends soon
stopping = threading.Event()
_bound: list[Flask] = []


def bind(app: Flask) -> None:
    """Say which app this process works for."""
    _bound[:] = [app]


def drain() -> None:
    """Send the deliveries that are due."""
    with _bound[0].app_context():
        attempts = Drain(db.engine, services(), _client(), _lanes(), stopping.is_set).run()
    if attempts:
        log.info("drained", attempts=attempts)


def send_mail() -> None:
    """Send the mails that are due."""
    with _bound[0].app_context():
        services().doorbell.answer_mail()
        mail.send_due(db.engine, services().settings, stopping.is_set)


def bulk() -> None:
    """Go on with the bulk jobs for a while, and let another do so if there is more."""
    with _bound[0].app_context():
        bell = services().doorbell
        bell.answer_bulk()
        if bulk_jobs.work(db.engine, bell.ring, stopping.is_set):
            bell.ring_bulk()


def keep() -> None:
    """Delete what ended long ago, for a moment; what is due goes first, and somebody goes on afterwards."""
    from portal import clock  # noqa: PLC0415
    from portal.delivery import keeping  # noqa: PLC0415

    begun = time.monotonic()
    with _bound[0].app_context():
        bell, days = services().doorbell, services().settings.keep_days
        if not days:
            return

        def go_on() -> bool:
            # the rest is for everybody else who writes
            resting = not stopping.wait(_KEEP_REST)
            return resting and time.monotonic() - begun < _KEEP_TURN and not bell.is_up()

        deleted = keeping.prune(db.engine, clock.now() - timedelta(days=days), go_on)
        if not deleted.whole:
            bell.keep_on()
    if deleted.deliveries or deleted.mails:
        log.info("deleted_old", days=days, **asdict(deleted))


def sweep() -> None:
    """Ring if anything is due: this is what makes the bell a convenience, and nothing more."""
    from portal import clock  # noqa: PLC0415
    from portal.delivery import due  # noqa: PLC0415
    from portal.delivery.sessions import reading  # noqa: PLC0415

    with _bound[0].app_context():
        with reading(db.engine) as session:
            stamp = int(clock.now().timestamp())
            found = due.any_lapsed(session, stamp) or due.due_callouts(session, stamp)
        if found:
            services().doorbell.ring()
        if services().settings.smtp is not None and mail.mail_is_due(db.engine):
            services().doorbell.ring_mail()
        if bulk_jobs.any_open(db.engine):
            services().doorbell.ring_bulk()
        if services().settings.keep_days:
            services().doorbell.ring_keep()


@cache
def _lanes() -> Lanes:
    return Lanes(services().settings.senders)


@cache
def _client() -> Client:
    # one for the process: connections are kept from one drain to the next
    settings = services().settings
    limits = Limits(settings.connect_timeout, settings.send_timeout, settings.allowed, settings.http_proxy)
    return Client(limits, settings.senders)
