"""The circuit breaker of a callout's receiver: after some failures in a row the callout is failing, until one delivers.

    well -> failing      (the fifth attempt in a row that ended in an error: since when and why is kept)
     ^---------'         (any attempt that delivers)

While it is failing its resends keep their schedule, and what was not tried yet waits behind a probe
(``outbox.claim_probe``). Attempts are counted in the transaction that records them, by who holds the
callout's row: workers can't lose each other's, and the one that crosses the line writes the notice, once. A
receiver that is well costs one query a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from portal.callouts.judge import Judgement
from portal.db import after_commit
from portal.models import Callout
from portal.notify import messages
from portal.notify.notices import CalloutFailing, CalloutRecovered, Notice
from portal.settings import Settings

FAILING_AFTER = 5
_NO_SYNC = {"synchronize_session": False}


@dataclass(slots=True)
class Finding:
    """What a batch of attempts says of one receiver; they are added in the order in which they ended."""

    delivered: bool = False
    # in a row, at the batch's end
    failures: int = 0
    reason: str = ""
    # the seconds for which the receiver asks to be left alone
    wait: int = 0

    def add(self, judgement: Judgement) -> None:
        if judgement.trouble is None:
            self.delivered, self.failures = True, 0
        else:
            self.failures += 1
            self.reason, self.wait = judgement.trouble.text, judgement.asked_wait


@dataclass(frozen=True, slots=True)
class Noted:
    """Which of a batch's callouts are failing, and whether a message waits to be sent."""

    failing: list[int]
    message_waits: bool


def note(session: Session, findings: Mapping[int, Finding], settings: Settings, now: datetime) -> Noted:
    """Count what a batch found of its callouts; tell their recipients when one is failing now, or well again.

    It comes before the deliveries' own changes: who deletes a callout takes its row first, too.
    """
    notices: list[Notice] = []
    failing = []
    for callout in _changing(session, findings):
        found = findings[callout.id]
        if found.delivered:
            if callout.failing_since is not None:
                after_commit.log_event(session, after_commit.CALLOUT_RECOVERED, callout=callout.id)
                link = _link(callout, settings)
                notices.append(CalloutRecovered(callout.id, callout.name, callout.failing_since, link, now))
            callout.failures_in_row, callout.failing_since = 0, None
            callout.failing_reason, callout.probe_at = "", 0
        if found.failures:
            callout.failures_in_row += found.failures
            next_probe = int(now.timestamp()) + max(settings.resend_seconds, found.wait)
            callout.probe_at = max(callout.probe_at, next_probe)
            if callout.failures_in_row >= FAILING_AFTER:
                callout.failing_reason = found.reason
                failing.append(callout.id)
                if callout.failing_since is None:
                    callout.failing_since = now
                    after_commit.log_event(session, after_commit.CALLOUT_FAILING, callout=callout.id)
                    notices.append(_failing(callout, settings, now))
    session.flush()
    return Noted(failing, messages.publish(session, notices, settings).waits)


def try_now(session: Session, callout_id: int) -> None:
    """Let a failing callout's next probe go out at once: somebody may have put right what was wrong."""
    session.execute(
        update(Callout).where(Callout.id == callout_id).values(probe_at=0), execution_options=_NO_SYNC
    )


def _changing(session: Session, findings: Mapping[int, Finding]) -> list[Callout]:
    """Lock the callouts of which something is to be written, in one order: usually none."""
    failed = [callout_id for callout_id, found in findings.items() if found.failures]
    delivered = [callout_id for callout_id, found in findings.items() if found.delivered]
    query = (
        select(Callout)
        .where(
            or_(Callout.id.in_(failed), and_(Callout.id.in_(delivered), Callout.failures_in_row > 0)),
        )
        .order_by(Callout.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(query))


def _failing(callout: Callout, settings: Settings, now: datetime) -> CalloutFailing:
    return CalloutFailing(
        callout.id,
        callout.name,
        callout.failures_in_row,
        callout.failing_reason,
        _link(callout, settings),
        now,
    )


def _link(callout: Callout, settings: Settings) -> str:
    return f"{settings.base_url}/admin/callouts/{callout.id}"
