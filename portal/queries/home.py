"""The home figures: what the start page counts, in one query."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from portal.delivery.due import TRIED
from portal.models import Callout, Delivery, RuleAction, Ticket
from portal.models.delivery import FAILED, SENDING, WAITING
from portal.models.ticket import is_open_ticket
from portal.queries.callouts import ended
from portal.queries.deliveries import count_overdue


@dataclass(frozen=True, slots=True)
class HomeFigures:
    """``failed`` is of the last 24 hours, ``overdue`` as in ``count_overdue``, ``sending`` is held by a live worker."""

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


def home_figures(session: Session, now: datetime) -> HomeFigures:
    stamp = int(now.timestamp())
    waiting = _count(Delivery).where(Delivery.state == WAITING)
    executes = select(RuleAction.id).where(RuleAction.callout_id.is_not(None))
    row = session.execute(
        select(
            _count(Ticket).where(is_open_ticket()).scalar_subquery(),
            waiting.scalar_subquery(),
            waiting.where(TRIED).scalar_subquery(),
            ended(FAILED, now - timedelta(hours=24)).scalar_subquery(),
            count_overdue(stamp).scalar_subquery(),
            _count(Delivery).where(Delivery.state == SENDING, Delivery.due_at > stamp).scalar_subquery(),
            exists(select(Ticket.id)),
            exists(select(Callout.id)),
            exists(executes),
        )
    ).one()
    return HomeFigures(*row)


def latest_tickets(session: Session, most: int) -> list[Ticket]:
    query = select(Ticket).options(joinedload(Ticket.company)).order_by(Ticket.id.desc()).limit(most)
    return list(session.scalars(query))


def _count(model: type[Any]) -> Select[int]:
    return select(func.count()).select_from(model)
