"""Connects to Redis by REDIS_URL: a socket, TCP, TLS or Sentinels.

redis+sentinel://:password@sentinel1,sentinel2:26379/mymaster/0       (rediss+sentinel:// with TLS)
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

# A unix socket's path must fit into sockaddr_un: 104 bytes on macOS, 108 on Linux.
_MAX_SOCKET_PATH = 100
_SENTINEL = {"redis+sentinel": False, "rediss+sentinel": True}
_SENTINEL_PORT = 26379
_SENTINEL_SECONDS = 2.0
_PORTS = range(1, 65536)


def connect(url: str, **options: Any) -> Redis:
    """Return a client with its own connection pool; it connects on first use."""
    if urlsplit(url).scheme not in _SENTINEL:
        client: Redis = Redis.from_url(url, **options)
        return client
    found = _sentinel_url(url)
    tls = {"ssl": True} if found["tls"] else {}
    asked = {
        "socket_connect_timeout": _SENTINEL_SECONDS,
        "socket_timeout": _SENTINEL_SECONDS,
        # the next Sentinel is tried instead
        "retry": Retry(NoBackoff(), 0),
    }
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # redis leaves these out
        found["sentinels"], sentinel_kwargs=found["sentinel_login"] | asked | tls, **found["login"] | options
    )
    master: Redis = sentinel.master_for(found["name"], db=found["db"], **tls)  # type: ignore[no-untyped-call]
    return master


def check_url(url: str) -> None:
    """Raise ValueError unless the address can be understood."""
    if urlsplit(url).scheme in _SENTINEL:
        _sentinel_url(url)
    else:
        parse_url(url)  # type: ignore[no-untyped-call] # redis leaves this one out


def _sentinel_url(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    login, _, places = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    name, _, database = parts.path.strip("/").partition("/")
    asked = dict(parse_qsl(parts.query))
    if not name or asked.keys() - {"sentinel_username", "sentinel_password"}:
        raise ValueError("no name of a master, or a word that is not known")
    return {
        "tls": _SENTINEL[parts.scheme],
        "sentinels": [_place(each) for each in places.split(",")],
        "login": _login(unquote(username), unquote(password)),
        "sentinel_login": _login(asked.get("sentinel_username", ""), asked.get("sentinel_password", "")),
        "name": unquote(name),
        "db": int(database or 0),
    }


def _place(text: str) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    port = _SENTINEL_PORT if parts.port is None else parts.port
    if not parts.hostname or port not in _PORTS:
        raise ValueError("a Sentinel without a host, or with a port that is none")
    return parts.hostname, port


def _login(username: str, password: str) -> dict[str, str]:
    return {key: value for key, value in (("username", username), ("password", password)) if value}


def socket_path(instance: Path) -> Path:
    """Return the embedded server's socket: in the instance folder, or a shorter path if that is too long."""
    digest = hashlib.sha256(os.fsencode(instance)).hexdigest()[:16]
    name = f"roundtrip-{os.getuid()}-{digest}"
    folders = instance / "valkey", Path(tempfile.gettempdir()) / name, Path("/tmp") / name  # noqa: S108 - its owner is checked
    paths = [folder / "valkey.sock" for folder in folders]
    return next((path for path in paths if len(os.fsencode(path)) <= _MAX_SOCKET_PATH), paths[-1])
