"""Resources' passwords: argon2, and who a user name and a password belong to."""

import hashlib
import hmac
import re
import secrets
import threading
import time
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Resource
from portal.models.people import fold_user_name

MIN_LENGTH = 8
MAX_LENGTH = 256
# what no database takes, and so is nobody's name
_NO_NAME = re.compile("[\x00\ud800-\udfff]")
_hasher = PasswordHasher()
# The web services API sends its password with every call, and argon2 is slow on purpose: a pair that
# was right is remembered for some minutes, as a keyed digest, in this process only.
_REMEMBER_SECONDS = 300.0
_REMEMBER_MOST = 1000
_digest_key = secrets.token_bytes(32)
_remembered: dict[bytes, float] = {}
_lock = threading.Lock()


@cache
def _nobodys_hash() -> str:
    """Give what is checked for unknown users, so that the time taken does not tell which names exist."""
    return _hasher.hash(secrets.token_hex(16))


def password_problem(password: str) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    return None


def set_password(resource: Resource, password: str) -> None:
    """Store a password's hash, and end the resource's older sessions."""
    resource.password_hash = _hasher.hash(password.encode("utf-8", "surrogatepass"))
    resource.session_key = secrets.token_hex(16)


def authenticate(
    session: Session, user_name: str, password: str, *, remember: bool = False
) -> Resource | None:
    """Give the active resource whose user name and password these are, or None.

    ``remember`` spares the next checks of the same pair; a changed password is noticed at once.
    """
    if len(password) > MAX_LENGTH or _NO_NAME.search(user_name):
        return None
    resource: Resource | None = session.scalar(
        select(Resource).filter_by(user_name_key=fold_user_name(user_name))
    )
    usable = resource if resource and resource.active and resource.password_hash else None
    stored = usable.password_hash if usable else _nobodys_hash()
    secret = password.encode("utf-8", "surrogatepass")
    if remember and usable and _is_remembered(stored, secret):
        return usable
    try:
        _hasher.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return None
    if usable and remember:
        _remember(stored, secret)
    return usable


def _digest(stored: str, secret: bytes) -> bytes:
    return hmac.new(_digest_key, stored.encode() + b"\x00" + secret, hashlib.sha256).digest()


def _is_remembered(stored: str, secret: bytes) -> bool:
    with _lock:
        return _remembered.get(_digest(stored, secret), 0.0) > time.monotonic()


def _remember(stored: str, secret: bytes) -> None:
    with _lock:
        if len(_remembered) >= _REMEMBER_MOST:
            _remembered.clear()
        _remembered[_digest(stored, secret)] = time.monotonic() + _REMEMBER_SECONDS
