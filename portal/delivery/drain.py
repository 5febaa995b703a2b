"""The drain: one RQ job that sends what is due, and then ends.

    claim    one conditional UPDATE a callout takes due rows                    COMMIT
    send     threads do HTTP and nothing else; no transaction is open
    judge    pure: what the outcome means
    record   attempts and new states of a batch, and what is told of its ends   COMMIT

Leases are renewed while requests are in the air, so one ends only for a dead worker. A slow receiver
holds a thread, not the worker. After some seconds a drain offers its place: it rings, and as soon as
another worker answers, it only finishes what is in the air.
"""

import queue
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Engine

from portal import clock
from portal.core.verdicts import Delivered, ErrorKind, GaveUp, Outcome, TryAgain, Unreachable, judge, trouble
from portal.delivery import endings, letters, outbox
from portal.delivery.fairness import Lanes
from portal.delivery.http import Client
from portal.delivery.letters import Letter
from portal.delivery.record import attempt_columns
from portal.delivery.sessions import reading, writing
from portal.models import Callout
from portal.services import Services

_OFFER_AFTER = 10.0
_RETIRE_AFTER = 600.0
# How long a drain that has requests in the air waits before it looks for new work unasked.
_LOOK_EVERY = 1.0
# When told to stop: what is in the air may finish within this many seconds.
_GRACE = 10.0
_TICK = 0.02

log = structlog.get_logger("drain")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a thread gives back."""

    letter: Letter
    outcome: Outcome
    started_at: datetime
    seconds: float


class Drain:
    def __init__(
        self, engine: Engine, services: Services, client: Client, stopping: Callable[[], bool]
    ) -> None:
        self._engine = engine
        self._services = services
        self._settings = services.settings
        self._client = client
        self._stopping = stopping
        self._token = uuid.uuid4().hex
        self._lanes = Lanes(self._settings.senders)
        # not a SimpleQueue: its get() forgets its time-out when a signal's handler takes longer than that
        self._done: queue.Queue[Sent] = queue.Queue()
        self._in_air: dict[int, Letter] = {}
        self._renewed = time.monotonic()
        self._mail = False

    def run(self) -> int:
        """Send until nothing is due or the place is taken; give how many attempts were recorded."""
        bell = self._services.doorbell
        bell.answer()
        begun = looked = time.monotonic()
        offered, retired, recorded, look = False, False, 0, True
        pool = ThreadPoolExecutor(self._settings.senders, "send")
        try:
            while True:
                now = time.monotonic()
                if self._stopping():
                    self._finish(now + _GRACE)
                    bell.ring()  # for whoever comes after, since this drain has answered
                    break
                claimed = 0
                if look and not retired:
                    looked = now
                    claimed = self._claim(pool)
                if not claimed and not self._in_air:
                    break
                recorded += (news := self._collect())
                self._renew_leases()
                rung = not offered and bell.answer()
                look = bool(news or rung) or now - looked > _LOOK_EVERY
                if not offered and now - begun > _OFFER_AFTER:
                    bell.ring()
                    offered = True
                elif offered:
                    retired = retired or not bell.is_rung() or now - begun > _RETIRE_AFTER
        finally:
            # what is still in the air was handed over: its threads are not waited for
            pool.shutdown(wait=not self._in_air, cancel_futures=True)
        self._leave()
        return recorded

    def _claim(self, pool: ThreadPoolExecutor) -> int:
        moment = clock.now()
        stamp = int(moment.timestamp())
        with reading(self._engine) as session:
            due = outbox.due_callouts(session, stamp)
        wanted = {each: room for each in due if (room := self._lanes.room(each, time.monotonic()))}
        if not wanted:
            return 0
        claimed: list[tuple[Callout, outbox.Claimed]] = []
        free = self._settings.senders - len(self._in_air)
        with writing(self._engine) as session:
            for callout_id, room in wanted.items():
                lapsed = outbox.take_back(
                    session, callout_id, 100, now=moment, resend_limit=self._settings.resend_limit
                )
                self._mail |= endings.tell(session, lapsed, self._settings, moment)
                lease = {"now": stamp, "lease_seconds": self._settings.lease_seconds}
                rows = outbox.claim(session, callout_id, min(room, free), self._token, **lease)
                free -= len(rows)
                callout = session.get(Callout, callout_id) if rows else None
                claimed += [(callout, row) for row in rows if callout is not None]
                if free <= 0:
                    break
        for callout, row in claimed:
            self._send(pool, callout, row)
        if free <= 0:
            self._services.doorbell.ring()  # more than this drain can carry: an idle worker may join in
        return len(claimed)

    def _send(self, pool: ThreadPoolExecutor, callout: Callout, claimed: outbox.Claimed) -> None:
        moment = clock.now()
        letter = letters.write(claimed, callout, self._services.credentials, moment)
        self._in_air[claimed.id] = letter
        self._lanes.begin(claimed.callout_id, claimed.id, time.monotonic())
        if letter.refused is not None:
            self._done.put(Sent(letter, letter.refused, moment, 0.0))
        else:
            pool.submit(self._send_in_thread, letter)

    def _send_in_thread(self, letter: Letter) -> None:
        started_at, begun = clock.now(), time.monotonic()
        try:
            outcome = self._client.send(letter.request, letter.headers)
        except Exception:
            # a bug, but one that must cost this attempt and not the lease for ever
            log.exception("send_failed", delivery=letter.claimed.id)
            said = "The portal failed while sending. Its log says more."
            outcome = Unreachable(ErrorKind.PROTOCOL, said)
        self._done.put(Sent(letter, outcome, started_at, time.monotonic() - begun))

    def _collect(self) -> int:
        """Wait a moment for results, and record all that are there."""
        batch: list[Sent] = []
        try:
            batch.append(self._done.get(timeout=_TICK))
            while True:
                batch.append(self._done.get_nowait())
        except queue.Empty:
            pass
        if batch:
            self._record(batch)
        return len(batch)

    def _record(self, batch: list[Sent]) -> None:
        now = clock.now()
        settled = []
        for sent in batch:
            letter = sent.letter
            meaning = letter.meaning(sent.outcome)
            found = trouble(sent.outcome, meaning, letter.host)
            policy = self._settings.policy(letter.resend_after)
            verdict = judge(sent.outcome, found, letter.claimed.round_attempt, policy, now)
            columns = attempt_columns(letter, sent.outcome, found, sent.started_at, sent.seconds)
            settled.append((letter.claimed.id, verdict, columns))
        ended = [each[0] for each in settled if isinstance(each[1], (Delivered, GaveUp))]
        with writing(self._engine) as session:
            held = outbox.settle(session, self._token, settled, now)
            self._mail |= endings.tell(session, held.intersection(ended), self._settings, now)
        for sent, (delivery_id, verdict, columns) in zip(batch, settled, strict=True):
            self._in_air.pop(delivery_id, None)
            answered = not isinstance(sent.outcome, Unreachable)
            self._lanes.end(sent.letter.claimed.callout_id, delivery_id, answered=answered)
            log.info(
                "attempt",
                delivery=delivery_id,
                callout=sent.letter.claimed.callout_id,
                attempt=sent.letter.claimed.attempt,
                result=type(verdict).__name__ if delivery_id in held else "stale",
                status=columns["status"],
                error=columns["error_kind"] or None,
                ms=columns["duration_ms"],
                next_at=verdict.at if isinstance(verdict, TryAgain) else None,
            )

    def _renew_leases(self) -> None:
        lease = self._settings.lease_seconds
        now = time.monotonic()
        if now - self._renewed < lease / 3 or not self._in_air:
            return
        self._renewed = now
        with writing(self._engine) as session:
            until = int(clock.now().timestamp()) + lease
            outbox.renew(session, self._token, list(self._in_air), until)

    def _finish(self, end: float) -> None:
        """Record what still comes in, until ``end``. For what doesn't, end the lease, so that others take over."""
        while self._in_air and time.monotonic() < end:
            self._collect()
            self._renew_leases()
        if self._in_air:
            with writing(self._engine) as session:
                outbox.renew(session, self._token, list(self._in_air), int(clock.now().timestamp()))

    def _leave(self) -> None:
        stamp = int(clock.now().timestamp())
        with reading(self._engine) as session:
            due = outbox.next_due(session, stamp)
        if due is not None:
            self._services.doorbell.ring_at(due)
        if self._mail:
            self._services.doorbell.ring_mail()
