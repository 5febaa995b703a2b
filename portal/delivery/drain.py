"""The drain: one RQ job that sends what is due, and then ends.

    claim    one conditional UPDATE a callout takes due rows                    COMMIT
    send     threads do HTTP and nothing else; no transaction is open
    judge    pure: what the outcome means
    record   attempts and new states of a batch, and what is told of its ends   COMMIT

Leases are renewed while requests are in the air, so one ends only for a dead worker. A slow receiver
holds a thread, not the worker. After some seconds a drain offers its place: it rings, and as soon as
another worker answers, it only finishes what is in the air.
"""

import math
import queue
import random
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal import clock
from portal.core.verdicts import Delivered, ErrorKind, GaveUp, Outcome, Unreachable, judge, trouble
from portal.core.wire import Fault
from portal.delivery import attempts, due, endings, health, letters, limits, meter, outbox, steps
from portal.delivery.fairness import Lanes
from portal.delivery.health import Finding
from portal.delivery.http import Client
from portal.delivery.letters import Letter
from portal.delivery.record import attempt_columns
from portal.delivery.sessions import reading, writing
from portal.models import Callout
from portal.services import Services

_OFFER_AFTER = 10.0
_RETIRE_AFTER = 600.0
# How long a drain that has requests in the air waits before it looks for new work unasked.
_LOOK_EVERY = 0.25
# The same where a callout's limit of deliveries a second left something.
_PACED_LOOK_EVERY = 0.05
# How often a drain that has more to do than threads asks idle workers to join in.
_INVITE_EVERY = 1.0
# When told to stop: what is in the air may finish within this many seconds.
_GRACE = 10.0
_TICK = 0.02
_TAKE_BACK = 100
# how often what was counted is added to what all workers have
_COUNT_EVERY = 1.0
_SEE_LOG = "Its log says more."

log = structlog.get_logger("drain")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a thread gives back."""

    letter: Letter
    outcome: Outcome
    meaning: Fault | None
    started_at: datetime
    seconds: float


class Drain:
    """``lanes`` and ``clocks`` outlive a drain, so that the next one knows what was seen before it."""

    def __init__(
        self,
        engine: Engine,
        services: Services,
        client: Client,
        lanes: Lanes,
        stopping: Callable[[], bool],
        clocks: steps.ClockSteps | None = None,
    ) -> None:
        self._engine = engine
        self._services = services
        self._settings = services.settings
        self._client = client
        self._stopping = stopping
        self._token = uuid.uuid4().hex
        self._lanes = lanes
        self._clocks = clocks or steps.ClockSteps()
        # not a SimpleQueue: its get() forgets its time-out when a signal's handler takes longer than that
        self._done: queue.Queue[Sent] = queue.Queue()
        self._in_air: dict[int, Letter] = {}
        self._renewed = time.monotonic()
        self._invited = -math.inf
        self._mail = False
        # the last look left something for a callout's limit of deliveries a second
        self._paced = False

    def run(self) -> int:
        """Send until nothing is due or the place is taken; give how many attempts were recorded."""
        bell = self._services.doorbell
        bell.answer()
        self._lanes.start_over()
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
                    offered = bell.offer(self._token)
                elif offered and not retired:
                    retired = not bell.hold(self._token) or now - begun > _RETIRE_AFTER
        finally:
            # what is still in the air was handed over: its threads are not waited for
            pool.shutdown(wait=not self._in_air, cancel_futures=True)
        self._leave()
        return recorded

    def _claim(self, pool: ThreadPoolExecutor) -> int:
        moment = clock.now()
        found = self._look(moment)
        waiting = [each for each in self._lanes.in_turn(found) if self._lanes.room(each, time.monotonic())]
        self._paced = False
        if not waiting:
            return 0
        claimed: list[tuple[Callout, outbox.Claimed]] = []
        with writing(self._engine) as session:
            for among, callout_id in zip(range(len(waiting), 0, -1), waiting, strict=True):
                room = self._lanes.room(callout_id, time.monotonic(), among=among)
                callout = session.get(Callout, callout_id) if room else None
                if callout is not None:
                    claimed += [(callout, row) for row in self._claim_of(session, callout, room, moment)]
                if not self._lanes.free:
                    break
        for callout, row in claimed:
            self._send(pool, callout, row)
        if not self._lanes.free and time.monotonic() - self._invited > _INVITE_EVERY:
            self._invited = time.monotonic()
            self._services.doorbell.ring()
        return len(claimed)

    def _look(self, moment: datetime) -> list[int]:
        """Find the callouts that have something to send, and take back first what dead workers held."""
        if steps.look(self._clocks):
            self._renew_leases(at_once=True)
        stamp = int(moment.timestamp())
        settled = self._clocks.settled(clock.steady(), self._settings.lease_seconds)
        with reading(self._engine) as session:
            if not settled or not due.any_lapsed(session, stamp):
                return due.due_callouts(session, stamp)
        with writing(self._engine) as session:
            lost = outbox.take_back(session, _TAKE_BACK, now=moment, policy=self._settings.policy)
            self._mail |= endings.tell(session, lost, self._settings, moment)
            return due.due_callouts(session, stamp)

    def _claim_of(
        self, session: Session, callout: Callout, room: int, moment: datetime
    ) -> list[outbox.Claimed]:
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
            self._lanes.begin(callout.id, row.id, time.monotonic())
        return rows

    def _send(self, pool: ThreadPoolExecutor, callout: Callout, claimed: outbox.Claimed) -> None:
        moment = clock.now()
        unsent: Outcome | None
        try:
            letter = letters.write(claimed, callout, self._services.credentials, moment)
            unsent = letter.refused
        except Exception:
            # a bug, but one that must cost this attempt and not those of everybody else
            log.exception("letter_failed", **attempts.ids_of(claimed))
            letter = letters.blank(claimed, callout)
            unsent = Unreachable(
                ErrorKind.REQUEST, f"The portal failed while writing the request. {_SEE_LOG}"
            )
        self._in_air[claimed.id] = letter
        if unsent is not None:
            self._done.put(Sent(letter, unsent, None, moment, 0.0))
        else:
            pool.submit(self._send_in_thread, letter)

    def _send_in_thread(self, letter: Letter) -> None:
        started_at, begun = clock.now(), time.monotonic()
        outcome: Outcome
        meaning = None
        try:
            outcome = letter.veil(self._client.send(letter.request, letter.headers, letter.timeout))
            meaning = letter.meaning(outcome)
        except Exception:
            # likewise: and its lease must not be renewed for ever
            log.exception("send_failed", **attempts.ids_of(letter.claimed))
            outcome = Unreachable(ErrorKind.PROTOCOL, f"The portal failed while sending. {_SEE_LOG}")
        self._done.put(Sent(letter, outcome, meaning, started_at, time.monotonic() - begun))

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
        findings: dict[int, Finding] = {}
        for sent in batch:
            letter = sent.letter
            found = trouble(sent.outcome, sent.meaning, letter.host)
            findings.setdefault(letter.claimed.callout_id, Finding()).add(sent.outcome, found, now)
            policy = self._settings.policy(letter.resends)
            chance = random.random()  # noqa: S311 - it spreads resends, and guards nothing
            verdict = judge(sent.outcome, found, letter.claimed.round_attempt, policy, now, chance)
            columns = attempt_columns(letter, sent.outcome, found, sent.started_at, sent.seconds)
            settled.append((letter.claimed.id, verdict, columns))
        ended = [each[0] for each in settled if isinstance(each[1], (Delivered, GaveUp))]
        with writing(self._engine) as session:
            self._mail |= health.note(session, findings, self._settings, now)
            held = outbox.settle(session, self._token, settled, now)
            self._mail |= endings.tell(session, held.intersection(ended), self._settings, now)
        for sent, (delivery_id, verdict, columns) in zip(batch, settled, strict=True):
            self._in_air.pop(delivery_id, None)
            answered = not isinstance(sent.outcome, Unreachable)
            self._lanes.end(sent.letter.claimed.callout_id, delivery_id, answered=answered)
            claimed, held_on = sent.letter.claimed, delivery_id in held
            attempts.tell(claimed, verdict, columns, sent.started_at, sent.seconds, held=held_on)
        meter.flush(self._services.doorbell, every=_COUNT_EVERY)

    def _renew_leases(self, *, at_once: bool = False) -> None:
        lease = self._settings.lease_seconds
        now = time.monotonic()
        if not self._in_air or not (at_once or now - self._renewed >= lease / 3):
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
            next_at = due.next_due(session, stamp)
        if next_at is not None:
            self._services.doorbell.ring_at(next_at)
        if self._paced:
            self._services.doorbell.ring()
        if self._mail:
            self._services.doorbell.ring_mail()
        meter.flush(self._services.doorbell)
