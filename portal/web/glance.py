"""What the start page counts, in one query, and the first steps in a portal that is new."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from portal.delivery.readiness import OVERDUE
from portal.models import Callout, Delivery, RuleAction, Ticket
from portal.models.delivery import FAILED, SENDING, WAITING, is_open
from portal.models.ticket import is_open_ticket


@dataclass(frozen=True, slots=True)
class Counts:
    """``overdue`` is due for a minute, and nothing stands in its way; ``sending`` is held by a live worker."""

    open_tickets: int
    waiting: int
    resending: int
    failed: int
    overdue: int
    sending: int
    any_ticket: bool
    any_callout: bool
    any_rule: bool

    @property
    def no_worker(self) -> bool:
        return bool(self.overdue and not self.sending)


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do first, and where; ``endpoint`` is "" where somebody else must do it."""

    title: str
    text: str
    endpoint: str
    done: bool


def counts(session: Session, now: datetime) -> Counts:
    """Count what one needs at a glance."""
    stamp = int(now.timestamp())
    waiting = _count(Delivery).where(Delivery.state == WAITING)
    executes = select(RuleAction.id).where(RuleAction.callout_id.is_not(None))
    row = session.execute(
        select(
            _count(Ticket).where(is_open_ticket()).scalar_subquery(),
            waiting.scalar_subquery(),
            waiting.where(Delivery.attempt_count > Delivery.attempts_before).scalar_subquery(),
            _failed_since(now - timedelta(hours=24)).scalar_subquery(),
            _overdue(stamp - OVERDUE).scalar_subquery(),
            _count(Delivery).where(Delivery.state == SENDING, Delivery.due_at > stamp).scalar_subquery(),
            exists(select(Ticket.id)),
            exists(select(Callout.id)),
            exists(executes),
        )
    ).one()
    return Counts(*row)


def first_steps(found: Counts, *, admin: bool) -> list[Step]:
    """Give what to do in a portal without callouts or tickets; nothing where it is under way."""
    if found.any_callout and found.any_ticket:
        return []
    setup = "" if admin else "An administrator does this."
    return [
        Step(
            "Make an extension callout",
            setup or "It says which system is told of a ticket's change, and in which format.",
            "callouts.new" if admin else "",
            found.any_callout,
        ),
        Step(
            "Make a workflow rule that executes it",
            setup or "The one to begin with: edited by anyone, status changed to Complete.",
            "rules.new" if admin else "",
            found.any_rule,
        ),
        Step(
            "Make a ticket and complete it",
            "The callout is then sent, and its delivery shows what was answered.",
            "tickets.new",
            found.any_ticket,
        ),
    ]


def _count(model: type[Any]) -> Select[int]:
    return select(func.count()).select_from(model)


def _failed_since(begin: datetime) -> Select[int]:
    return _count(Delivery).where(
        Delivery.state == literal(FAILED, literal_execute=True), Delivery.ended_at >= begin
    )


def _overdue(stamp: int) -> Select[int]:
    """Count what nobody has looked at in time.

    What waits for an earlier one of its ticket is not late, and neither is what waits behind the probe of a
    receiver that keeps failing.
    """
    earlier = aliased(Delivery)
    behind = exists().where(
        earlier.ticket_id == Delivery.ticket_id,
        earlier.callout_id == Delivery.callout_id,
        is_open(earlier),
        earlier.id < Delivery.id,
    )
    goes = Callout.active & ~Callout.paused
    meant = or_(Callout.failing_since.is_(None), Delivery.attempt_count > Delivery.attempts_before)
    return (
        _count(Delivery)
        .join(Callout, Callout.id == Delivery.callout_id)
        .where(goes, meant, is_open(Delivery), Delivery.due_at <= stamp, ~behind)
    )
