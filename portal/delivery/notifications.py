"""Notifications of ended deliveries, written in the transaction that ends them: each is announced exactly once.

Channels know the recipients and write to them. A delivery without recipients adds no note to its ticket; one that
has some adds a note, too.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from portal.core.verdicts import ErrorKind, status_line
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import DELIVERED
from portal.notify import messages
from portal.notify.channels import CHANNELS
from portal.notify.notices import DeliveryEnded
from portal.notify.ticket_note import add_note
from portal.settings import Settings

_FIRST_LINES, _LINE = 10, 200
_STATUS_SAYS_IT = {"", ErrorKind.HTTP, ErrorKind.REDIRECT}


def notify(session: Session, ids: Collection[int], settings: Settings, now: datetime) -> bool:
    """Write messages and notes about deliveries that have just ended. Say whether a message waits to be sent."""
    if not ids:
        return False
    query = (
        select(Delivery, Attempt, Callout)
        .join(Attempt, (Attempt.delivery_id == Delivery.id) & (Attempt.number == Delivery.attempt_count))
        .join(Callout, Callout.id == Delivery.callout_id)
        # nearly all end well and have no recipients: those need not be loaded
        .where(
            Delivery.id.in_(ids),
            or_(*(each.has_recipients() for each in CHANNELS.values())),
            or_(~Callout.only_on_failure, Delivery.state != DELIVERED),
        )
        .options(joinedload(Delivery.ticket))
        .execution_options(populate_existing=True)
    )
    notices = [
        _notice(delivery, attempt, callout, settings, now)
        for delivery, attempt, callout in session.execute(query)
    ]
    published = messages.publish(session, notices, settings)
    for notice in notices:
        if notice in published.notices:
            add_note(session, notice)
    session.flush()
    return published.waits


def _notice(
    delivery: Delivery, attempt: Attempt, callout: Callout, settings: Settings, now: datetime
) -> DeliveryEnded:
    return DeliveryEnded(
        callout_id=callout.id,
        delivery_id=delivery.id,
        callout=delivery.callout_name,
        ticket_id=delivery.ticket_id,
        ticket_number=delivery.ticket.number,
        ticket_title=delivery.ticket.title,
        delivered=delivery.state == DELIVERED,
        attempts=delivery.attempt_count - delivery.attempts_before,
        result=_in_short(attempt),
        detail=attempt.error or _in_short(attempt),
        remarks=tuple(each.text for each in attempt.remarks),
        answer=_first_lines(attempt.answer_body.decode("utf-8", "replace")),
        link=f"{settings.base_url}/deliveries/{delivery.id}",
        at=now,
    )


def _first_lines(text: str) -> str:
    """Cut an answer for a message, with a mark where something is missing."""
    lines = text.replace("\x00", "\ufffd").splitlines()
    shown = [line if len(line) <= _LINE else line[:_LINE] + " …" for line in lines[:_FIRST_LINES]]
    return "\n".join([*shown, "…"] if len(lines) > _FIRST_LINES else shown)


def _in_short(attempt: Attempt) -> str:
    """Say an attempt's result in the words of a note: "HTTP 200", "HTTP 503 Service Unavailable"."""
    if attempt.status is None or attempt.error_kind not in _STATUS_SAYS_IT:
        return attempt.error
    return status_line(attempt.status, attempt.status_reason) if attempt.error else f"HTTP {attempt.status}"
