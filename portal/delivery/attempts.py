"""Reports an attempt once it is recorded: a line of the log, and what /metrics counts."""

from typing import Any

import structlog

from portal.core.verdicts import Delivered, GaveUp, TryAgain
from portal.db import counters
from portal.delivery.senders import Sent
from portal.models.delivery import DELIVERED, FAILED

log = structlog.get_logger("drain")


def report(sent: Sent, columns: dict[str, Any], *, held: bool) -> None:
    """``held`` says that the verdict was recorded; else somebody had taken the delivery meanwhile."""
    claimed, verdict = sent.prepared.claimed, sent.judgement.verdict
    status, remarks = columns["status"], columns["remarks"]
    counters.attempted(
        claimed.callout_id,
        status if isinstance(status, int) else None,
        str(columns["error_kind"]),
        sent.seconds,
    )
    if claimed.attempt == 1:
        counters.queued((sent.started_at - claimed.created_at).total_seconds())
    match verdict:
        case Delivered() if held:
            counters.ended(DELIVERED, claimed.callout_id)
        case GaveUp() if held:
            counters.ended(FAILED, claimed.callout_id)
        case _:
            pass
    log.info(
        "attempt",
        **claimed.ids(),
        result=type(verdict).__name__ if held else "stale",
        status=status,
        error=columns["error_kind"] or None,
        ms=columns["duration_ms"],
        remarks=",".join(each["code"] for each in remarks) or None,
        next_at=verdict.at if isinstance(verdict, TryAgain) else None,
    )
