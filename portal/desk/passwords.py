"""Resources' passwords: argon2, slow on purpose, so never inside a transaction, and only a few at once."""

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
# Hashes computed at once in this process; how many checks of unknown callers may wait, so that threads are left for
# everybody else; and the longest wait, in seconds.
_AT_ONCE, _UNKNOWN_WAITING, _LONGEST_WAIT = 2, 6, 10.0
_running = threading.BoundedSemaphore(_AT_ONCE)
_unknown = threading.BoundedSemaphore(_UNKNOWN_WAITING)
# a pair that comes on many threads at once is checked once
_pairs = [threading.Lock() for _ in range(64)]


class Busy(Exception):  # noqa: N818 - an answer to the caller, not an error
    """Too many passwords are being checked, so this one was not; it may be right or wrong."""

    seconds = 2


class PairCache:
    """Cache of checked pairs, as keyed digests, in this process only; each expires minutes after its last use."""

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
# API clients send their password with every call. The stored hash is part of the digest, so a new password takes
# effect at once.
verified = PairCache()
# A program that repeats a wrong password is refused without computing a hash.
rejected = PairCache()


@cache
def dummy_hash() -> str:
    """Return the hash checked for unknown users, so that the response time does not reveal which names exist."""
    return hash_password(secrets.token_hex(16))


def password_problem(password: str) -> str | None:
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    return None


def hash_password(password: str) -> str:
    """Return the hash to store. Call it before the transaction that stores it begins; raises Busy."""
    with _slot(known=True):
        return _hasher.hash(_bytes(password))


def verify_password(stored: str, password: str, *, known: bool = False) -> bool:
    """Check a password, outside any transaction. Raises Busy, sooner for callers that are not ``known``."""
    with _slot(known=known):
        try:
            return _hasher.verify(stored, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False


def digest(account: str, stored: str, password: str) -> bytes:
    """Return the key of a pair in the caches."""
    parts = (account.encode("utf-8", "surrogatepass"), stored.encode(), _bytes(password))
    return hmac.new(_digest_key, b"\x00".join(parts), hashlib.sha256).digest()


@contextmanager
def one_at_a_time(pair: bytes) -> Iterator[None]:
    """Keep other threads from checking the same pair; raises Busy."""
    with _within(_pairs[pair[0] % len(_pairs)], _LONGEST_WAIT):
        yield


@contextmanager
def _slot(*, known: bool) -> Iterator[None]:
    if known:
        with _within(_running, _LONGEST_WAIT):
            yield
    else:
        with _within(_unknown, 0), _within(_running, _LONGEST_WAIT):
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
