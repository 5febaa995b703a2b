"""Tells of an attempt once it is recorded: a line of the log, and what /metrics counts."""

from datetime import datetime
from typing import Any

import structlog

from portal.callouts.claimed import Claimed
from portal.core.verdicts import Delivered, GaveUp, TryAgain, Verdict
from portal.db import counters
from portal.models.delivery import DELIVERED, FAILED

log = structlog.get_logger("drain")


def tell(
    claimed: Claimed,
    verdict: Verdict,
    columns: dict[str, Any],
    started_at: datetime,
    seconds: float,
    *,
    held: bool,
) -> None:
    """``held`` says that the verdict was recorded; else somebody had taken the delivery meanwhile."""
    status, remarks = columns["status"], columns["remarks"]
    counters.attempted(
        claimed.callout_id,
        status if isinstance(status, int) else None,
        str(columns["error_kind"]),
        seconds,
    )
    if claimed.attempt == 1:
        counters.queued((started_at - claimed.created_at).total_seconds())
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
