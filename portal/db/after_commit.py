"""What a transaction has done to deliveries, told once it is committed: a line of the log each, and a count."""

from collections.abc import Callable
from typing import Any, Final

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.core.verdicts import ErrorKind
from portal.db import counters
from portal.models.delivery import CANCELLED, FAILED, SKIPPED

_KEY: Final = "happened"
ENQUEUED, LEFT_OUT, ATTEMPT_LOST, GIVEN_UP, SENT_AGAIN, CALLED_OFF, FAILING, RECOVERED = (
    "delivery_enqueued",
    "delivery_skipped",
    "attempt_lost",
    "delivery_given_up",
    "delivery_sent_again",
    "delivery_cancelled",
    "callout_failing",
    "callout_recovered",
)
_OUTCOMES = {LEFT_OUT: SKIPPED, GIVEN_UP: FAILED, CALLED_OFF: CANCELLED}

log = structlog.get_logger("delivery")


def note(session: Session, what: str, **ids: int | None) -> None:
    """Have it told, with the ids of what it is about, after this session's commit; a roll-back forgets it."""
    session.info.setdefault(_KEY, []).append((what, ids))


def tell(session: Session) -> bool:
    """Tell what was noted; say whether there was anything. Call it after the commit."""
    noted: list[tuple[str, dict[str, Any]]] = session.info.pop(_KEY, [])
    for what, ids in noted:
        log.info(what, **ids)
        if what in _OUTCOMES:
            counters.ended(_OUTCOMES[what], ids["callout"])
        elif what == ATTEMPT_LOST:
            counters.lost(ids["callout"], ErrorKind.LOST.value)
    return bool(noted)


def tell_for(session_factory: Any, afterwards: Callable[[], object]) -> None:
    """Make a session factory tell after each commit, and then do something."""

    def after_commit(session: Session) -> None:
        if not session.in_nested_transaction() and tell(session):
            afterwards()

    def after_rollback(session: Session) -> None:
        if not session.in_nested_transaction():
            session.info.pop(_KEY, None)

    event.listen(session_factory, "after_commit", after_commit)
    event.listen(session_factory, "after_rollback", after_rollback)
