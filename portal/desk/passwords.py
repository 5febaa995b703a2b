"""Resources' passwords: argon2, slow on purpose, so never inside a transaction, and bounded in number at once."""

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH = 8
MAX_LENGTH = 256
_hasher = PasswordHasher()
# Hashes computed at once in this process; strangers who may wait for theirs, so that threads are left for everybody
# else; and how long anybody waits, in seconds.
_AT_ONCE, _STRANGERS, _LONGEST_WAIT = 2, 6, 10.0
_running = threading.BoundedSemaphore(_AT_ONCE)
_strangers = threading.BoundedSemaphore(_STRANGERS)
# who tries one pair on many threads at once has it checked once
_pairs = [threading.Lock() for _ in range(64)]


class Busy(Exception):  # noqa: N818 - it is said to whoever tried, and no error of ours
    """So many passwords are being checked that this one can't be. It is neither right nor wrong."""

    seconds = 2


class Remembered:
    """Pairs that were checked, as keyed digests, in this process only; each for some minutes after its last use."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def has(self, pair: bytes) -> bool:
        with self._lock:
            if self._until.get(pair, 0.0) <= time.monotonic():
                return False
            self._until[pair] = time.monotonic() + _REMEMBER_SECONDS
            return True

    def add(self, pair: bytes) -> None:
        with self._lock:
            while len(self._until) >= _REMEMBER_MOST:
                del self._until[next(iter(self._until))]
            self._until[pair] = time.monotonic() + _REMEMBER_SECONDS


_REMEMBER_SECONDS = 300.0
_REMEMBER_MOST = 1000
_digest_key = secrets.token_bytes(32)
# The web services API sends its password with every call. The stored hash is part of the digest, so a new password is
# noticed at once.
right = Remembered()
# A program that goes on with a wrong password learns nothing by it, and is told so without the work.
wrong = Remembered()


@cache
def nobodys_hash() -> str:
    """Give what is checked for unknown users, so that the time taken does not tell which names exist."""
    return hashed(secrets.token_hex(16))


def password_problem(password: str) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    return None


def hashed(password: str) -> str:
    """Give what is stored of a password. Before the transaction that stores it begins; raises Busy."""
    with _turn(stranger=False):
        return _hasher.hash(_bytes(password))


def is_right(stored: str, password: str, *, stranger: bool = True) -> bool:
    """Check a password. Outside any transaction; raises Busy, for a ``stranger`` sooner."""
    with _turn(stranger=stranger):
        try:
            return _hasher.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def digest(account: str, stored: str, password: str) -> bytes:
    """Give by what a pair is remembered."""
    parts = (account.encode("utf-8", "surrogatepass"), stored.encode(), _bytes(password))
    return hmac.new(_digest_key, b"\x00".join(parts), hashlib.sha256).digest()


@contextmanager
def alone_with(pair: bytes) -> Iterator[None]:
    """Keep other threads from checking the same pair; raises Busy."""
    with _within(_pairs[pair[0] % len(_pairs)], _LONGEST_WAIT):
        yield


@contextmanager
def _turn(*, stranger: bool) -> Iterator[None]:
    if stranger:
        with _within(_strangers, 0), _within(_running, _LONGEST_WAIT):
            yield
    else:
        with _within(_running, _LONGEST_WAIT):
            yield


@contextmanager
def _within(bound: "threading.Lock | threading.Semaphore", seconds: float) -> Iterator[None]:
    if not (bound.acquire(timeout=seconds) if seconds else bound.acquire(blocking=False)):
        raise Busy
    try:
        yield
    finally:
        bound.release()


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
