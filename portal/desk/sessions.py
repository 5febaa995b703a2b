"""Web sessions: each is a row, and ends when the row is deleted or expires.

They end by signing out, after some time without a request by the user, and after a day in any case. A new password,
another level and inactivation delete a resource's rows (portal/models/people.py).
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine, delete, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.db.engine import storage_trouble
from portal.db.sessions import reading
from portal.desk.signing_in import Account
from portal.models import Resource, WebSession
from portal.models.people import API_USER
from portal.settings import Settings

# how precisely a session's last use is recorded
_SEEN_EVERY: Final = timedelta(minutes=1)
# recording it waits this many seconds for the write lock, and otherwise leaves it to the next request
_PATIENCE: Final = {"patience": 0.05}
# sessions of one resource; one more ends the least recently used
MOST: Final = 50
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def begin(
    session: Session, resource: Resource, settings: Settings, now: datetime, *, address: str, user_agent: str
) -> str:
    """Begin a session, and return the token for the browser's cookie. The caller commits.

    Expired sessions of all resources are deleted with it.
    """
    used = select(WebSession.id).filter_by(resource_id=resource.id).order_by(WebSession.last_seen_at.desc())
    beyond = list(session.scalars(used.offset(MOST - 1)))
    idle, oldest = _bounds(settings, now)
    over = or_(WebSession.last_seen_at < idle, WebSession.created_at < oldest, WebSession.id.in_(beyond))
    session.execute(delete(WebSession).where(over))
    token = secrets.token_urlsafe(32)
    session.add(
        WebSession(
            token_hash=_hash(token),
            resource_id=resource.id,
            created_at=now,
            last_seen_at=now,
            address=address[:45],
            browser=browser_name(user_agent),
        )
    )
    return token


def sign_in(session: Session, account: Account, now: datetime) -> Resource | None:
    """Load the account's resource to begin a session, unless it changed since its password was checked."""
    query = select(Resource).filter_by(id=account.id).with_for_update()
    resource: Resource | None = session.scalar(query.execution_options(populate_existing=True))
    seen = (account.active, account.security_level, account.password_hash)
    if resource is None or (resource.active, resource.security_level, resource.password_hash) != seen:
        return None
    resource.last_sign_in = now
    return resource


def find(engine: Engine, token: str, settings: Settings, now: datetime, *, by_user: bool) -> int | None:
    """Return the id of a cookie's session, or None if it has ended. ``by_user`` renews it.

    It uses transactions of its own: on SQLite, a page that only reads never waits for a writer.
    """
    idle, oldest = _bounds(settings, now)
    with reading(engine) as session:
        found = session.scalar(select(WebSession).filter_by(token_hash=_hash(token)))
    if found is None or found.last_seen_at < idle or found.created_at < oldest:
        return None
    if by_user and now - found.last_seen_at >= _SEEN_EVERY:
        _renew(engine, found.id, now)
    return found.id


def resource_of(session: Session, session_id: int) -> Resource | None:
    """Load a session's resource, in the transaction of the request; None once the session has ended."""
    query = select(Resource).join(WebSession, WebSession.resource_id == Resource.id)
    found: Resource | None = session.scalar(query.where(WebSession.id == session_id))
    return found if found and found.active and found.security_level != API_USER else None


def of(session: Session, resource_id: int, settings: Settings, now: datetime) -> Sequence[WebSession]:
    """Return a resource's live sessions, the last used first."""
    idle, oldest = _bounds(settings, now)
    mine = select(WebSession).filter_by(resource_id=resource_id)
    open_ = mine.where(WebSession.last_seen_at >= idle, WebSession.created_at >= oldest)
    return session.scalars(
        open_.order_by(WebSession.last_seen_at.desc(), WebSession.id.desc()).limit(MOST)
    ).all()


def end(session: Session, resource_id: int, session_id: int) -> bool:
    """End one of a resource's sessions; False if there is none. The caller commits."""
    mine = delete(WebSession).filter_by(resource_id=resource_id, id=session_id)
    return session.scalar(mine.returning(WebSession.id)) is not None


def end_others(session: Session, resource_id: int, session_id: int) -> None:
    """End all of a resource's sessions but one. The caller commits."""
    session.execute(
        delete(WebSession).where(WebSession.resource_id == resource_id, WebSession.id != session_id)
    )


def browser_name(user_agent: str) -> str:
    """Return the browser and system that a User-Agent names, so that people recognise their sessions."""
    browser = next((name for part, name in _BROWSERS if part in user_agent), "")
    system = next((name for part, name in _SYSTEMS if part in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or "Unknown browser"


def _renew(engine: Engine, session_id: int, now: datetime) -> None:
    try:
        with engine.execution_options(**_PATIENCE).begin() as connection:
            # another request of the same session may be renewing it
            free = select(WebSession.id).filter_by(id=session_id).with_for_update(skip_locked=True)
            if connection.scalar(free) is not None:
                connection.execute(update(WebSession).filter_by(id=session_id).values(last_seen_at=now))
    except DBAPIError as error:
        # a busy, full or read-only database: pages can be read all the same
        if storage_trouble(error) is None:
            raise


def _bounds(settings: Settings, now: datetime) -> tuple[datetime, datetime]:
    return now - timedelta(minutes=settings.session_idle_minutes), now - timedelta(
        hours=settings.session_hours
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
