"""The drain: one RQ job that sends what is due, and then ends.

    claim    one conditional UPDATE a callout takes due rows                    COMMIT
    send     threads do HTTP and nothing else; no transaction is open
    judge    pure: what the outcome means
    record   attempts and new states of a batch, and notifications of its ends   COMMIT

Leases are renewed while requests are in the air, so one ends only for a dead worker. A slow receiver
holds a thread, not the worker. After some seconds a drain offers its place: it rings, and as soon as
another worker answers, it only finishes what is in the air.
"""

import math
import time
import uuid
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal import clock
from portal.core.verdicts import Delivered, ErrorKind, GaveUp, Unreachable
from portal.db import counters
from portal.db.services import Services
from portal.db.sessions import reading, writing
from portal.delivery import attempts, circuit_breaker, clock_jumps, due, limits, notifications, outbox
from portal.delivery.circuit_breaker import Finding
from portal.delivery.concurrency import Windows
from portal.delivery.prepared import Claimed, Prepared, Terms, prepare, terms_of, unwritten
from portal.delivery.record import attempt_columns
from portal.delivery.senders import SEE_LOG, Senders, Sent, Unsent
from portal.http.client import Client
from portal.models import Callout

_OFFER_AFTER = 10.0
_RETIRE_AFTER = 600.0
# How long a drain that has requests in the air waits before it looks for new work unasked.
_LOOK_EVERY = 0.1
# The same where a callout's limit of deliveries a second left something.
_PACED_LOOK_EVERY = 0.05
# How often a drain that has more to do than threads asks idle workers to join in.
_INVITE_EVERY = 1.0
# When it is to stop: what is in the air may finish within this many seconds.
_GRACE = 10.0
_TICK = 0.02
_TAKE_BACK = 100
# how often what was counted is added to what all workers have
_COUNT_EVERY = 1.0
# A callout whose claim brought as many as this, and as many as it asked for, has more than one worker's fill.
_PLENTY = 8

log = structlog.get_logger("drain")


class Drain:
    """``windows`` and ``clocks`` outlive a drain, so that the next one knows what was seen before it."""

    def __init__(
        self,
        engine: Engine,
        services: Services,
        client: Client,
        windows: Windows,
        stopping: Callable[[], bool],
        clocks: clock_jumps.ClockJumps | None = None,
    ) -> None:
        self._engine = engine
        self._services = services
        self._settings = services.settings
        self._stopping = stopping
        self._token = uuid.uuid4().hex
        self._windows = windows
        self._clocks = clocks or clock_jumps.ClockJumps()
        self._client = client
        self._senders = Senders(client, self._settings.senders)
        self._in_air: dict[int, Prepared] = {}
        self._renewed = time.monotonic()
        self._invited = -math.inf
        self._mail = False
        # the last look left something for a callout's limit of deliveries a second
        self._paced = False

    def run(self) -> int:
        """Send until nothing is due or the place is taken; give how many attempts were recorded."""
        bell = self._services.doorbell
        bell.answer()
        self._windows.start_over()
        begun = looked = time.monotonic()
        offered, retired, recorded, look = False, False, 0, True
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
                    claimed = self._claim()
                more_soon = self._paced and now - begun < _OFFER_AFTER
                if not claimed and not self._in_air and not more_soon:
                    break
                recorded += (news := self._collect())
                self._renew_leases()
                rung = not offered and bell.answer()
                look = bool(news or rung) or now - looked > (
                    _PACED_LOOK_EVERY if self._paced else _LOOK_EVERY
                )
                if not offered and now - begun > _OFFER_AFTER:
                    offered = bell.offer_handover(self._token)
                elif offered and not retired:
                    retired = not bell.renew_offer(self._token) or now - begun > _RETIRE_AFTER
        finally:
            # what is still in the air was handed over: its threads are not waited for
            self._senders.close(wait=not self._in_air)
        self._leave()
        return recorded

    def _claim(self) -> int:
        found = self._look()
        waiting = [
            each for each in self._windows.in_turn(found) if self._windows.room(each, time.monotonic())
        ]
        self._paced = False
        if not waiting:
            return 0
        claimed: list[tuple[Callout, list[Claimed]]] = []
        plenty = False
        with writing(self._engine) as session:
            # a lease that began before the lock was waited for would be over too soon
            moment, begun = clock.now(), time.monotonic()
            for among, callout_id in zip(range(len(waiting), 0, -1), waiting, strict=True):
                callout = session.get(Callout, callout_id)
                if callout is None:
                    continue
                self._windows.know(callout_id, *self._client.connection_limit(callout.url))
                room = self._windows.room(callout_id, time.monotonic(), among=among)
                if room:
                    rows = self._claim_of(session, callout, room, moment)
                    claimed.append((callout, rows))
                    plenty |= len(rows) == room >= _PLENTY
                if not self._windows.free:
                    break
        if not self._in_air:
            self._hold(begun)
        for callout, rows in claimed:
            prepared = self._prepare(callout, rows)
            self._in_air |= {each.claimed.id: each for each in prepared}
            self._senders.add(callout.id, prepared, self._windows.width(callout.id))
        if (plenty or not self._windows.free) and time.monotonic() - self._invited > _INVITE_EVERY:
            self._invited = time.monotonic()
            self._services.doorbell.ring()
        return sum(len(rows) for _, rows in claimed)

    def _look(self) -> list[int]:
        """Find the callouts that have something to send, and take back first what dead workers held."""
        if clock_jumps.look(self._clocks):
            self._renew_leases(at_once=True)
        stamp = int(clock.now().timestamp())
        settled = self._clocks.settled(clock.steady(), self._settings.lease_seconds)
        with reading(self._engine) as session:
            if not settled or not due.any_lapsed(session, stamp, self._token):
                return due.due_callouts(session, stamp)
        with writing(self._engine) as session:
            moment, policy = clock.now(), self._settings.policy
            lost = outbox.take_back(session, _TAKE_BACK, now=moment, policy=policy, but=self._token)
            self._mail |= notifications.notify(session, lost, self._settings, moment)
            return due.due_callouts(session, int(moment.timestamp()))

    def _claim_of(self, session: Session, callout: Callout, room: int, moment: datetime) -> list[Claimed]:
        """Claim as the callout stands now: it may have become inactive, or failing, since we looked."""
        allowed = limits.allowed(session, callout, room, moment)
        self._paced |= allowed.paced
        if not allowed.room:
            return []
        failing = callout.failing_since is not None
        lease = {"now": int(moment.timestamp()), "lease_seconds": self._settings.lease_seconds}
        rows = outbox.claim(session, callout.id, allowed.room, self._token, failing=failing, **lease)
        if failing and not rows:
            pause = self._settings.resend_seconds
            rows = outbox.claim_probe(session, callout.id, self._token, pause=pause, **lease)
        limits.spend(session, callout, len(rows), moment)
        for row in rows:
            self._windows.begin(callout.id, row.id, time.monotonic())
        return rows

    def _prepare(self, callout: Callout, rows: list[Claimed]) -> list[Prepared]:
        policy = self._settings.policy(callout.resends())
        terms = terms_of(callout, policy, self._services.credentials)
        return [self._prepare_one(row, terms) for row in rows]

    @staticmethod
    def _prepare_one(claimed: Claimed, terms: Terms) -> Prepared:
        try:
            return prepare(claimed, terms, clock.now())
        except Exception:
            # a bug, but one that must cost this attempt and not those of everybody else
            log.exception("render_failed", **claimed.ids())
            said = f"The portal failed while writing the request. {SEE_LOG}"
            return unwritten(claimed, terms, Unreachable(ErrorKind.REQUEST, said))

    def _collect(self) -> int:
        """Wait a moment for results, and record all that are there."""
        results = self._senders.results(_TICK, enough=len(self._in_air) // 2)
        # another may have taken a delivery back, and this drain have claimed it again: what comes of the
        # earlier claim is stale
        batch = [each for each in results if self._in_air.get(each.prepared.claimed.id) is each.prepared]
        sent = [each for each in batch if isinstance(each, Sent)]
        unsent = [each.prepared.claimed for each in batch if isinstance(each, Unsent)]
        if sent:
            self._record(sent)
        if unsent:
            self._put_back(unsent)
        return len(sent)

    def _put_back(self, unsent: list[Claimed]) -> None:
        """Let go of what was claimed ahead: its receiver fell silent before its turn came."""
        with writing(self._engine) as session:
            outbox.put_back(session, self._token, [each.id for each in unsent], now=clock.now())
        for each in unsent:
            self._in_air.pop(each.id, None)
            self._windows.drop(each.callout_id, each.id)

    def _record(self, batch: list[Sent]) -> None:
        now = clock.now()
        settled = []
        findings: dict[int, Finding] = {}
        for sent in batch:
            claimed = sent.prepared.claimed
            findings.setdefault(claimed.callout_id, Finding()).add(sent.judgement)
            settled.append((claimed.id, sent.judgement.verdict, attempt_columns(sent)))
        ended = [each[0] for each in settled if isinstance(each[1], (Delivered, GaveUp))]
        with writing(self._engine) as session:
            noted = circuit_breaker.note(session, findings, self._settings, now)
            held = outbox.settle(session, self._token, settled, now)
            told = notifications.notify(session, held.intersection(ended), self._settings, now)
        self._mail |= noted.message_waits or told
        for callout_id in noted.failing:
            # what was claimed ahead waits behind the probe, too
            self._senders.recall(callout_id)
        for sent, (delivery_id, _, columns) in zip(batch, settled, strict=True):
            self._in_air.pop(delivery_id, None)
            answered = not isinstance(sent.outcome, Unreachable)
            seconds = sent.seconds if answered else math.inf
            self._windows.end(
                sent.prepared.claimed.callout_id, delivery_id, answered=answered, seconds=seconds
            )
            attempts.report(sent, columns, held=delivery_id in held)
        counters.flush(self._services.doorbell, every=_COUNT_EVERY)

    def _renew_leases(self, *, at_once: bool = False) -> None:
        lease = self._settings.lease_seconds
        now = time.monotonic()
        if not self._in_air or not (at_once or now - self._renewed >= lease / 3):
            return
        with writing(self._engine) as session:
            begun, until = time.monotonic(), int(clock.now().timestamp()) + lease
            outbox.renew(session, self._token, list(self._in_air), until)
        self._hold(begun)

    def _hold(self, begun: float) -> None:
        """Take note of when the leases of all that is in the air began."""
        self._renewed = begun
        self._senders.hold(begun + self._settings.lease_seconds)

    def _finish(self, end: float) -> None:
        """Record what still comes in, until ``end``. For what doesn't, end the lease, so that others take over."""
        self._senders.recall()
        while self._in_air and time.monotonic() < end:
            self._collect()
            self._renew_leases()
        if self._in_air:
            with writing(self._engine) as session:
                outbox.renew(session, self._token, list(self._in_air), int(clock.now().timestamp()))

    def _leave(self) -> None:
        stamp = int(clock.now().timestamp())
        with reading(self._engine) as session:
            next_at = due.next_due(session, stamp)
        if next_at is not None:
            self._services.doorbell.ring_at(next_at)
        if self._paced:
            self._services.doorbell.ring()
        if self._mail:
            self._services.doorbell.ring_mail()
        counters.flush(self._services.doorbell)
