"""Save, switch and delete extension callouts. Every function works in the caller's transaction."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, selectinload

from portal.callouts.fields import PLAIN, CalloutValues
from portal.core.addresses import Allowed
from portal.core.problems import Invalid, NotFound
from portal.db import after_commit
from portal.delivery import circuit_breaker, outbox
from portal.desk import callout_checks
from portal.desk.callout_values import (
    UNCHANGED,
    Keep,
    PasswordChange,
    Remove,
    Replace,
    Retire,
    Rotate,
    SigningChange,
)
from portal.desk.names import SAVE_AGAIN
from portal.models import Callout, CalloutRecipient, Delivery, Resource, Rule, RuleAction
from portal.models.base import unindexed
from portal.models.delivery import SKIPPED, WAITING, is_open, of_callout

_COLUMNS = tuple(each.column for each in PLAIN.values())
# the second for the index of what has ended
_SKIPPED = (Delivery.state == SKIPPED, Delivery.ended_at.is_not(None))
_SECRETS = tuple(each.key for each in Callout.__table__.columns if each.key.endswith("_encrypted"))

_CHANGED_MEANWHILE = (
    "This callout was changed in another tab or by somebody else since you opened it. Your entries are still "
    "below; open the callout in another tab to compare, then save again."
)


def save_callout(
    session: Session,
    callout_id: int | None,
    values: CalloutValues,
    change: PasswordChange,
    *,
    encrypt: Callable[[str], str],
    allowed: Allowed,
    now: datetime,
    seen: datetime | None = None,
    signing: SigningChange = UNCHANGED,
) -> Callout:
    """Check and save a callout; ``callout_id`` is None for a new one. The caller commits.

    ``seen`` is when the callout was last changed as the editor opened it: if somebody changed it since,
    the save is refused. A save that changes nothing is no change. Raises NotFound, and Invalid with a sentence
    for each field that can't be accepted.
    """
    stored = None if callout_id is None else lock_callout(session, callout_id)
    values = callout_checks.cleaned(values, stored)
    if stored and change == signing == UNCHANGED and values == values_of(stored):
        if stored.failing_since is not None:
            _try_at_once(session, stored)
        return stored
    if stored and seen is not None and seen != stored.updated_at:
        raise Invalid({"": _CHANGED_MEANWHILE})
    _refuse(callout_checks.problems(session, values, change, stored, allowed, signing))
    was_active = stored is not None and stored.active
    callout = stored or Callout()
    try:
        with session.begin_nested():
            _write(session, callout, values)
            _write_password(callout, change, encrypt)
            _write_signing(callout, signing, encrypt)
            callout.updated_at = now
            session.add(callout)
    except IntegrityError as error:
        # somebody took the name, or deleted the UDF, since the check; it says which
        session.expire_all()
        _refuse(callout_checks.problems(session, values, change, stored, allowed, signing))
        raise Invalid({"": SAVE_AGAIN}) from error
    if callout.failing_since is not None:
        _try_at_once(session, callout)
    elif values.active and not was_active:
        after_commit.ring_doorbell(session)
    return callout


def values_of(callout: Callout) -> CalloutValues:
    """Return a stored callout as an admin would enter it."""
    recipients = frozenset((each.resource_id, each.slot) for each in callout.recipients)
    return CalloutValues(**{name: getattr(callout, name) for name in _COLUMNS}, recipients=recipients)


def set_callout_active(session: Session, callout_id: int, *, active: bool, now: datetime) -> Callout:
    """Activate or deactivate a callout. What waits for it stays, and goes out once it is active."""
    callout = lock_callout(session, callout_id)
    callout.active, callout.updated_at = active, now
    if active:
        _try_at_once(session, callout)
    return callout


def set_callout_paused(session: Session, callout_id: int, *, paused: bool) -> Callout:
    """Pause or resume a callout: what its rules fire meanwhile waits. An open editor is not in the way."""
    callout = lock_callout(session, callout_id)
    callout.paused = paused
    if not paused:
        _try_at_once(session, callout)
    return callout


def delete_callout(session: Session, callout_id: int, *, who: str, now: datetime) -> int:
    """Delete a callout, and say how many of its deliveries were cancelled. Their history stays.

    Raises Invalid, naming the rules, when a workflow rule executes it.
    """
    callout = lock_callout(session, callout_id)
    refuse_if_used(session, callout)
    cancelled = outbox.cancel_of_callout(session, callout_id, who, now)
    try:
        with session.begin_nested():
            session.delete(callout)
    except IntegrityError as error:
        refuse_if_used(session, callout)
        raise Invalid({"": "Something has just started to use this callout. Try again."}) from error
    return cancelled


def _try_at_once(session: Session, callout: Callout) -> None:
    """Wake a worker, which tries a receiver that kept failing now: what was wrong may have been fixed."""
    circuit_breaker.try_now(session, callout.id)
    after_commit.ring_doorbell(session)


def _refuse(problems: dict[str, str]) -> None:
    if problems:
        raise Invalid(problems)


def refuse_if_used(session: Session, callout: Callout) -> None:
    """Raise Invalid when workflow rules execute this callout, naming them."""
    rules = rules_of_callout(session, callout.id)
    if not rules:
        return
    names = ", ".join(f"“{rule.name}”" for rule in rules)
    execute, it = ("rule executes", "that rule") if len(rules) == 1 else ("rules execute", "those rules")
    raise Invalid(
        {
            "": f"“{callout.name}” can't be deleted: {len(rules)} workflow {execute} it: {names}. "
            f"Change or delete {it} first, or inactivate the callout instead."
        }
    )


def rules_of_callout(session: Session, callout_id: int) -> list[Rule]:
    uses = select(RuleAction.rule_id).filter_by(callout_id=callout_id)
    return list(session.scalars(select(Rule).where(Rule.id.in_(uses)).order_by(Rule.name_key)))


def rule_counts(session: Session) -> dict[int, int]:
    """Count the rules that execute each callout; callouts without any are left out."""
    query = (
        select(RuleAction.callout_id, func.count(RuleAction.rule_id.distinct()))
        .where(RuleAction.callout_id.is_not(None))
        .group_by(RuleAction.callout_id)
    )
    return {callout_id: count for callout_id, count in session.execute(query) if callout_id is not None}


def open_deliveries(session: Session, callout_id: int) -> int:
    """Count the deliveries that would be cancelled if the callout were deleted now."""
    query = select(func.count()).where(of_callout(callout_id, by_state=True), is_open(Delivery))
    return session.scalar(query) or 0


def skipped_deliveries(session: Session, callout_id: int) -> int:
    """Count what this callout would have sent while it was inactive, and what nobody has sent since."""
    query = select(func.count()).where(Delivery.callout_id == callout_id, *_SKIPPED)
    return session.scalar(query) or 0


def waiting_counts(session: Session) -> dict[int, int]:
    """Count what waits for each callout that is inactive, paused or failing."""
    held = ~Callout.active | Callout.paused | Callout.failing_since.is_not(None)
    query = (
        select(Delivery.callout_id, func.count())
        # from what waits to its callout, and not from a callout to all that it ever sent
        .join(Callout, Callout.id == unindexed(Delivery.callout_id))
        .where(Delivery.state == WAITING, held)
        .group_by(Delivery.callout_id)
    )
    return {callout_id: count for callout_id, count in session.execute(query) if callout_id is not None}


def skipped_counts(session: Session) -> dict[int, int]:
    """Count what was skipped of each callout; callouts without any are left out."""
    # one callout after the other
    count = select(func.count()).where(Delivery.callout_id == Callout.id, *_SKIPPED).scalar_subquery()
    return {callout_id: found for callout_id, found in session.execute(select(Callout.id, count)) if found}


def rotate_secrets(session: Session, rotate: Callable[[str], str | None]) -> tuple[int, list[str]]:
    """Encrypt every stored password and signing secret again.

    Returns how many, and the callouts that have one which can't be read. The caller commits.
    """
    stored = [getattr(Callout, column).is_not(None) for column in _SECRETS]
    done, unreadable = 0, []
    for callout in session.scalars(
        select(Callout).where(or_(*stored)).order_by(Callout.id).with_for_update()
    ):
        for column in _SECRETS:
            before = getattr(callout, column)
            token = rotate(before) if before else None
            if token:
                setattr(callout, column, token)
                done += 1
            elif before and callout.name not in unreadable:
                unreadable.append(callout.name)
    return done, unreadable


def lock_callout(session: Session, callout_id: int) -> Callout:
    """Load a callout as it is now, and keep others from changing it until the commit. Raises NotFound."""
    query = (
        select(Callout)
        .filter_by(id=callout_id)
        .options(selectinload(Callout.recipients))
        .with_for_update(of=Callout)
    )
    callout = session.scalar(query.execution_options(populate_existing=True))
    if callout is None:
        raise NotFound(f"There is no extension callout with the id {callout_id}.")
    return callout


def _write(session: Session, callout: Callout, values: CalloutValues) -> None:
    for column in _COLUMNS:
        setattr(callout, column, getattr(values, column))
    before = {(each.resource_id, each.slot): each for each in callout.recipients}
    for pair, row in before.items():
        # nothing can be sent to an address that was emptied since: its tick goes
        if pair not in values.recipients or not row.resource.email(row.slot):
            callout.recipients.remove(row)
    for resource_id, slot in sorted(values.recipients - before.keys()):
        resource = session.get_one(Resource, resource_id)
        callout.recipients.append(CalloutRecipient(resource_id=resource.id, slot=slot))


def _write_password(callout: Callout, change: PasswordChange, encrypt: Callable[[str], str]) -> None:
    match change:
        case Replace(password):
            callout.password_encrypted = encrypt(password)
        case Remove():
            callout.password_encrypted = None
        case Keep():
            pass


def _write_signing(callout: Callout, change: SigningChange, encrypt: Callable[[str], str]) -> None:
    match change:
        case Rotate(secret):
            callout.signing_secret_old_encrypted = callout.signing_secret_encrypted
            callout.signing_secret_encrypted = encrypt(secret)
        case Retire():
            callout.signing_secret_old_encrypted = None
        case Remove():
            callout.signing_secret_encrypted = callout.signing_secret_old_encrypted = None
        case Keep():
            pass
