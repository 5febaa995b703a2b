"""Tell what came of deliveries, in the transaction that ends them: each ending is told exactly once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from portal.core.verdicts import ErrorKind, status_line
from portal.models import Attempt, Callout, Delivery
from portal.models.delivery import DELIVERED, MAIL_KEPT, MAIL_WAITING
from portal.notify.channels import CHANNELS, Ending
from portal.settings import Settings

_FIRST_LINES, _LINE = 10, 200
_STATUS_SAYS_IT = {"", ErrorKind.HTTP, ErrorKind.REDIRECT}


def tell(session: Session, ids: Collection[int], settings: Settings, now: datetime) -> bool:
    """Notify and add notes for deliveries that have just ended. Says whether mails are to be sent."""
    if not ids:
        return False
    query = (
        select(Delivery, Attempt)
        .join(Attempt, (Attempt.delivery_id == Delivery.id) & (Attempt.number == Delivery.attempt_count))
        .join(Callout, Callout.id == Delivery.callout_id)
        # nearly all end well and are told to nobody: those need not be loaded
        .where(
            Delivery.id.in_(ids),
            Callout.recipients.any(),
            or_(~Callout.only_on_failure, Delivery.state != DELIVERED),
        )
        .options(joinedload(Delivery.ticket), joinedload(Delivery.callout).selectinload(Callout.recipients))
        .execution_options(populate_existing=True)
    )
    told = False
    for delivery, attempt in session.execute(query).unique():
        addresses = _addresses(delivery)
        if not addresses:
            continue
        told = True
        ending = _ending(delivery, attempt, addresses, settings, now)
        for channel in CHANNELS.values():
            channel.tell(session, ending)
    session.flush()
    return told and settings.smtp is not None


def _addresses(delivery: Delivery) -> tuple[str, ...]:
    callout = delivery.callout
    if callout is None or (callout.only_on_failure and delivery.state == DELIVERED):
        return ()
    return addresses_of(callout)


def addresses_of(callout: Callout) -> tuple[str, ...]:
    """Give the addresses that were ticked for a callout, each once."""
    found = [each.resource.email(each.slot) for each in callout.recipients if each.resource.active]
    return tuple(dict.fromkeys(address for address in found if address))


def _ending(
    delivery: Delivery, attempt: Attempt, addresses: tuple[str, ...], settings: Settings, now: datetime
) -> Ending:
    delivered = delivery.state == DELIVERED
    return Ending(
        delivery_id=delivery.id,
        callout=delivery.callout_name,
        ticket_id=delivery.ticket_id,
        ticket_number=delivery.ticket.number,
        ticket_title=delivery.ticket.title,
        delivered=delivered,
        attempts=delivery.attempt_count - delivery.attempts_before,
        result=_in_short(attempt),
        detail=attempt.error or _in_short(attempt),
        remarks=tuple(each.text for each in attempt.remarks),
        answer=_first_lines(attempt.answer_body.decode("utf-8", "replace")),
        link=f"{settings.base_url}/deliveries/{delivery.id}",
        addresses=addresses,
        at=now,
        mail_state=MAIL_WAITING if settings.smtp else MAIL_KEPT,
    )


def _first_lines(text: str) -> str:
    """Cut an answer for a mail, with a mark where something is missing."""
    lines = text.replace("\x00", "\ufffd").splitlines()
    shown = [line if len(line) <= _LINE else line[:_LINE] + " …" for line in lines[:_FIRST_LINES]]
    return "\n".join([*shown, "…"] if len(lines) > _FIRST_LINES else shown)


def _in_short(attempt: Attempt) -> str:
    """Tell an attempt's result in the words of a note: "HTTP 200", "HTTP 503 Service Unavailable"."""
    if attempt.status is None or attempt.error_kind not in _STATUS_SAYS_IT:
        return attempt.error
    return status_line(attempt.status, attempt.status_reason) if attempt.error else f"HTTP {attempt.status}"
