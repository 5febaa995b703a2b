"""What happens once a transaction is committed: its events are logged and counted, and the doorbell is rung.

A roll-back forgets both.
"""

from collections.abc import Callable
from typing import Any, Final

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core.verdicts import ErrorKind
from portal.db import counters
from portal.models.delivery import CANCELLED, FAILED, SKIPPED

_EVENTS: Final = "after_commit_events"
_RING: Final = "after_commit_ring"
DELIVERY_ENQUEUED: Final = "delivery_enqueued"
DELIVERY_SKIPPED: Final = "delivery_skipped"
ATTEMPT_LOST: Final = "attempt_lost"
DELIVERY_GIVEN_UP: Final = "delivery_given_up"
DELIVERY_SENT_AGAIN: Final = "delivery_sent_again"
DELIVERY_CANCELLED: Final = "delivery_cancelled"
CALLOUT_FAILING: Final = "callout_failing"
CALLOUT_RECOVERED: Final = "callout_recovered"
_OUTCOMES = {DELIVERY_SKIPPED: SKIPPED, DELIVERY_GIVEN_UP: FAILED, DELIVERY_CANCELLED: CANCELLED}

log = structlog.get_logger("delivery")


def log_event(session: Session, name: str, **ids: int | None) -> None:
    """Log an event, with the ids of what it is about, after this session's commit."""
    session.info.setdefault(_EVENTS, []).append((name, ids))


def ring_doorbell(session: Session) -> None:
    """Ring the doorbell after this session's commit."""
    session.info[_RING] = True


def emit(session: Session) -> bool:
    """Log and count the session's events; return whether there were any. Call it after the commit."""
    events: list[tuple[str, dict[str, Any]]] = session.info.pop(_EVENTS, [])
    for name, ids in events:
        log.info(name, **ids)
        if name in _OUTCOMES:
            counters.ended(_OUTCOMES[name], ids["callout"])
        elif name == ATTEMPT_LOST:
            counters.lost(ids["callout"], ErrorKind.LOST.value)
    return bool(events)


def install(session_factory: Any, *, ring: Callable[[], object], flush: Callable[[], object]) -> None:
    """Hook into a session factory: after a commit ``ring`` the doorbell if asked to, and ``flush`` what was counted."""
    # the end of a savepoint commits nothing, and its roll-back keeps what was requested before it

    def after_commit(session: Session) -> None:
        if session.in_nested_transaction():
            return
        if session.info.pop(_RING, False):
            ring()
        if emit(session):
            flush()

    def after_rollback(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop(_RING, None)
            session.info.pop(_EVENTS, None)

    event.listen(session_factory, "after_commit", after_commit)
    event.listen(session_factory, "after_rollback", after_rollback)
