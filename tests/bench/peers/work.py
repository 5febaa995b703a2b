"""What a job of each Python peer does: send one request, and record the attempt in one transaction.

It does less than the portal: the request comes with the job, nothing is claimed, judged, masked, limited or
logged, and the plain drivers are used.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import requests

_own = threading.local()
_COLUMNS = (
    "delivery_id",
    "number",
    "started_at",
    "duration_ms",
    "method",
    "url",
    "request_headers",
    "request_body",
    "replaced",
    "status",
    "status_reason",
    "answer_headers",
    "answer_body",
    "answer_cut",
    "error_kind",
    "error",
)
_INSERT = f"INSERT INTO attempt ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
_UPDATE = "UPDATE delivery SET state = 'delivered', attempts = 1, ended_at = ? WHERE id = ?"


def deliver(delivery: int, method: str, url: str, headers: dict[str, str], body: str) -> None:
    """The job."""
    started, begun = datetime.now(UTC), time.monotonic()
    answer = _session().request(method, url, data=body.encode() or None, headers=headers, timeout=30)
    answer.raise_for_status()
    _recorder()(
        (
            delivery,
            1,
            started,
            round((time.monotonic() - begun) * 1000),
            method,
            url,
            _lines(headers),
            body,
            0,
            answer.status_code,
            answer.reason,
            _lines(answer.headers),
            answer.content,
            False,
            "",
            "",
        ),
        (datetime.now(UTC), delivery),
    )


def _lines(headers: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers.items())


def _session() -> requests.Session:
    if not hasattr(_own, "session"):
        _own.session = requests.Session()
        _own.session.trust_env = False
    session: requests.Session = _own.session
    return session


def _recorder() -> Callable[[tuple[Any, ...], tuple[Any, ...]], None]:
    if not hasattr(_own, "record"):
        url = os.environ["BENCH_DATABASE"]
        _own.record = _postgres(url) if url.startswith("postgresql") else _sqlite(url)
    record: Callable[[tuple[Any, ...], tuple[Any, ...]], None] = _own.record
    return record


def _sqlite(path: str) -> Callable[[tuple[Any, ...], tuple[Any, ...]], None]:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")

    def plain(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            each.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(each, datetime) else each for each in values
        )

    def record(attempt: tuple[Any, ...], ended: tuple[Any, ...]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_INSERT, plain(attempt))
        connection.execute(_UPDATE, plain(ended))
        connection.execute("COMMIT")

    return record


def _postgres(url: str) -> Callable[[tuple[Any, ...], tuple[Any, ...]], None]:
    connection = psycopg.connect(url)
    insert, update = _INSERT.replace("?", "%s"), _UPDATE.replace("?", "%s")

    def record(attempt: tuple[Any, ...], ended: tuple[Any, ...]) -> None:
        connection.execute(insert, attempt)
        connection.execute(update, ended)
        connection.commit()

    return record
