"""What ``portal deliveries list`` is asked for, as a query. Raises click's errors for what names nothing."""

import re
from datetime import UTC, datetime, timedelta

import click
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.eastern import read_moment
from portal.core.texts import fold_name
from portal.delivery.selection import REMARK, with_error
from portal.http.remarks import LABELS
from portal.models import Callout, Delivery, Ticket
from portal.models.base import MAX_ID
from portal.models.delivery import STATES
from portal.queries.deliveries import RESENDING, narrowed

_AGO = re.compile(r"(\d{1,6})([mhd])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def query(
    session: Session, callout: str, state: str, ticket: str, since: datetime | None, limit: int, remark: str
) -> Select[Delivery]:
    """Select the deliveries that are asked for, newest first."""
    if state not in {"", *STATES, RESENDING}:
        raise click.BadParameter(
            f"{state!r} is none of: {', '.join([*STATES, RESENDING])}.", param_hint="--state"
        )
    found = narrowed(_callout(session, callout) if callout else None, state)
    found = found.order_by(Delivery.id.desc()).limit(limit)
    if ticket:
        found = found.where(Delivery.ticket_id == _ticket(session, ticket))
    if since is not None:
        found = found.where(Delivery.created_at >= since)
    if remark in {"any", *LABELS}:
        found = found.where(with_error(REMARK if remark == "any" else f"{REMARK}:{remark}"))
    elif remark:
        raise click.BadParameter(f"{remark!r} is none of: any, {', '.join(LABELS)}.", param_hint="--remark")
    return found


def moment(text: str, now: datetime) -> datetime | None:
    """Read a time: so long ago, or a date and time, in UTC unless it says otherwise."""
    text = text.strip()
    if not text:
        return None
    try:
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return read_moment(text, UTC, minutes=True)
    except (ValueError, OverflowError):
        raise click.BadParameter(
            f"{text!r} is no time; write 90m, 24h or 7d, or 2026-11-24T08:00.", param_hint="--since"
        ) from None


def _callout(session: Session, text: str) -> int:
    name = text.strip()
    named = select(Callout.id).where(Callout.name_key == fold_name(name))
    found = session.scalar(named)
    number = _number(text)
    if found is None and number is not None:
        found = session.scalar(select(Callout.id).filter_by(id=number))
    if found is None:
        names = session.scalars(select(Callout.name).order_by(Callout.name).limit(20)).all()
        known = f"There are: {', '.join(names)}." if names else "There is none at all."
        raise click.ClickException(f"There is no extension callout {text!r}. {known}")
    return found


def _ticket(session: Session, text: str) -> int:
    number = _number(text)
    which = Ticket.id == number if number is not None else Ticket.number == text.strip().upper()
    found = session.scalar(select(Ticket.id).where(which))
    if found is None:
        raise click.ClickException(f"There is no ticket {text!r}; name it by its number or its id.")
    return found


def _number(text: str) -> int | None:
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MAX_ID))):
        return None
    return int(text) if int(text) <= MAX_ID else None
