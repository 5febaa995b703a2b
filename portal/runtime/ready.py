"""Readiness checks: each function returns a check that can be repeated."""

from collections.abc import Callable

import requests
from redis.exceptions import RedisError
from rq import Worker

from portal.settings import Settings
from portal.settings.redis_server import connect


def pings(settings: Settings) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with connect(settings.redis_url, socket_connect_timeout=5.0, socket_timeout=5.0) as redis:
                return bool(redis.ping())
        except (RedisError, OSError):
            return False

    return ready


def has_worker(settings: Settings) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            with connect(settings.redis_url) as redis:
                return Worker.count(connection=redis) > 0
        except (RedisError, OSError):
            return False

    return ready


def answers(host: str, port: int, path: str) -> Callable[[], bool]:
    def ready() -> bool:
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get(f"http://{reachable(host)}:{port}{path}", timeout=2).ok
            except requests.RequestException:
                return False

    return ready


def reachable(host: str) -> str:
    """Return the address at which a server that listens on ``host`` is reached from this machine."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
