"""Notices every password that is hashed or checked while its thread has a transaction open that may write."""

import threading
import traceback
import weakref
from collections.abc import Callable

from argon2 import PasswordHasher
from flask import has_request_context, request
from sqlalchemy import Connection, Engine, event

# as slow as it need be: hundreds of tests sign in
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
quick_hash = QUICK.hash
_open = threading.local()
# where from, for each that was noticed
noticed: list[str] = []


def watch() -> None:
    """Begin; for all engines, and for the rest of the process."""
    event.listen(Engine, "begin", _begun)
    event.listen(Engine, "commit", _ended)
    event.listen(Engine, "rollback", _ended)
    for name in ("hash", "verify"):
        setattr(PasswordHasher, name, _watched(getattr(PasswordHasher, name)))


def _connections() -> "weakref.WeakKeyDictionary[Connection, int]":
    """Give this thread's transactions, and which request began each: in a test, requests share a session."""
    if not hasattr(_open, "connections"):
        _open.connections = weakref.WeakKeyDictionary()
    return _open.connections


def _request() -> int:
    return id(request.environ) if has_request_context() else 0


def _begun(connection: Connection) -> None:
    only_reads = has_request_context() and request.method in {"GET", "HEAD", "OPTIONS"}
    if not only_reads and not connection.get_execution_options().get("reads"):
        _connections()[connection] = _request()


def _ended(connection: Connection) -> None:
    _connections().pop(connection, None)


def _watched(method: Callable[..., object]) -> Callable[..., object]:
    def run(self: PasswordHasher, *arguments: object, **more: object) -> object:
        if _request() in _connections().values():
            noticed.append("".join(traceback.format_stack(limit=12)))
        return method(self, *arguments, **more)

    return run
