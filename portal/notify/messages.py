"""The outbox of messages of all channels: it writes them in the caller's transaction, and sends what is due.

waiting -> sending -> sent | waiting (again, later) | failed
   ^----- "send again" ---------------------------------|
   `----- "send now" ----- kept      (its channel had no transport when it was written)
"""

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import structlog
from sqlalchemy import CursorResult, Engine, Update, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.db.sessions import reading, writing
from portal.models import Message
from portal.models.delivery import (
    MESSAGE_FAILED,
    MESSAGE_KEPT,
    MESSAGE_SENDING,
    MESSAGE_SENT,
    MESSAGE_WAITING,
    is_open,
)
from portal.notify.channels import CHANNELS
from portal.notify.channels.channel import Channel, NotSent, Transport
from portal.notify.notices import DeliveryEnded, Notice
from portal.settings import Settings

_BATCH = 20
# twenty minutes, longer than a batch can take (SMTP's time-out is ten seconds a step): a lease ends only for
# a dead worker
_LEASE = _BATCH * 60
# after 1, 2, 4 ... minutes, up to an hour apart: a mail server may be down over a night
TRIES, _FIRST_WAIT, _LONGEST_WAIT = 20, 60, 3600
_MOST_SUBJECT = 500

log = structlog.get_logger("mail")


@dataclass(frozen=True, slots=True)
class Published:
    """The notices that had a recipient, and whether a message waits to be sent."""

    notices: frozenset[Notice]
    waits: bool


def publish(session: Session, notices: Sequence[Notice], settings: Settings) -> Published:
    """Write a message to each recipient, in every channel, of each notice's callout. The caller commits."""
    reached: set[Notice] = set()
    waits = False
    callout_ids = {each.callout_id for each in notices}
    for channel in CHANNELS.values() if notices else ():
        recipients = channel.recipients(session, callout_ids)
        state = MESSAGE_WAITING if channel.transport(settings) else MESSAGE_KEPT
        for notice in notices:
            addresses = recipients.get(notice.callout_id, ())
            if addresses:
                session.add_all(_messages(channel, notice, addresses, state))
                reached.add(notice)
                waits |= state == MESSAGE_WAITING
    session.flush()
    return Published(frozenset(reached), waits)


def send_due(engine: Engine, settings: Settings, stopping: Callable[[], bool]) -> int:
    """Send the messages that are due, a batch of each channel in turn, until there are none; say how many left."""
    sent = 0
    busy = list(ready_channels(settings))
    while busy and not stopping():
        for name in list(busy):
            messages = _claim(engine, name)
            transport = CHANNELS[name].transport(settings)
            if not messages or transport is None:
                busy.remove(name)
            else:
                sent += _send_batch(engine, messages, transport)
    return sent


def send_again(session: Session, message_id: int, now: datetime) -> bool:
    """Let a message that failed or was kept be sent, with all its tries. False if it is neither.

    The caller commits, and then rings.
    """
    statement = (
        update(Message)
        .where(Message.id == message_id, Message.state.in_((MESSAGE_FAILED, MESSAGE_KEPT)))
        .values(state=MESSAGE_WAITING, due_at=int(now.timestamp()), attempts=0, error="")
    )
    result = session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[tuple[int]]", result).rowcount == 1


def ready_channels(settings: Settings) -> list[str]:
    """Name the channels whose messages can leave."""
    return [name for name, channel in CHANNELS.items() if channel.transport(settings)]


def next_due(session: Session, channels: Collection[str]) -> int | None:
    """Read when the next message of some channels is due (epoch seconds)."""
    query = select(Message.due_at).where(is_open(Message), Message.channel.in_(channels))
    return session.scalar(query.order_by(Message.due_at).limit(1))


def any_due(engine: Engine, settings: Settings) -> bool:
    """Return whether a message is due that can leave."""
    channels = ready_channels(settings)
    if not channels:
        return False
    with reading(engine) as session:
        due = next_due(session, channels)
    return due is not None and due <= int(clock.now().timestamp())


def brought_forward(now: int) -> list[Update]:
    """Write what makes due again the messages that a clock which was ahead has put off."""
    later = [
        update(Message).where(is_open(Message), Message.state == state, Message.due_at > now + longest)
        for state, longest in ((MESSAGE_WAITING, _LONGEST_WAIT), (MESSAGE_SENDING, _LEASE))
    ]
    untried = update(Message).where(
        is_open(Message), Message.state == MESSAGE_WAITING, Message.attempts == 0, Message.due_at > now
    )
    return [untried.values(due_at=now), later[0].values(due_at=now), later[1].values(due_at=now + _LEASE)]


def _messages(channel: Channel, notice: Notice, addresses: Sequence[str], state: str) -> Iterator[Message]:
    content = channel.write(notice)
    for address in addresses:
        yield Message(
            channel=channel.name,
            to_address=address,
            subject=" ".join(content.subject.split())[:_MOST_SUBJECT],
            body=content.body,
            state=state,
            due_at=int(notice.at.timestamp()),
            created_at=notice.at,
            delivery_id=notice.delivery_id if isinstance(notice, DeliveryEnded) else None,
        )


def _claim(engine: Engine, channel: str) -> list[Message]:
    now, token = int(clock.now().timestamp()), uuid.uuid4().hex
    picked = (
        select(Message.id)
        .where(is_open(Message), Message.channel == channel, Message.due_at <= now)
        .order_by(Message.due_at, Message.id)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    statement = (
        update(Message)
        .where(Message.id == picked.c.id)
        .values(state=MESSAGE_SENDING, claim=token, due_at=now + _LEASE, attempts=Message.attempts + 1)
    )
    with writing(engine) as session:
        session.execute(statement, execution_options={"synchronize_session": False})
        return list(
            session.scalars(
                select(Message).filter_by(claim=token, state=MESSAGE_SENDING).order_by(Message.id)
            )
        )


def _send_batch(engine: Engine, messages: list[Message], transport: Transport) -> int:
    sent = 0
    for message in messages:
        trouble = transport.send(message)
        sent += trouble is None
        _record(engine, message, trouble)
    transport.close()
    return sent


def _record(engine: Engine, message: Message, trouble: NotSent | None) -> None:
    now = clock.now()
    if trouble is None:
        values: dict[str, object] = {"state": MESSAGE_SENT, "sent_at": now, "error": ""}
    else:
        last = message.attempts >= TRIES or trouble.final
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (message.attempts - 1))
        values = {
            "state": MESSAGE_FAILED if last else MESSAGE_WAITING,
            "due_at": int(now.timestamp()) + wait,
            "error": trouble.text,
        }
    statement = (
        update(Message)
        .where(Message.id == message.id, Message.claim == message.claim, Message.state == MESSAGE_SENDING)
        .values(claim=None, **values)
    )
    with writing(engine) as session:
        session.execute(statement, execution_options={"synchronize_session": False})
    log.info(
        "mail",
        mail=message.id,
        channel=message.channel,
        delivery=message.delivery_id,
        state=values["state"],
        attempt=message.attempts,
    )
