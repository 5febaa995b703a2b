"""Calls the mock as the program it is, without a server: with any bytes, and seeing what each call costs."""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

from flask import Flask

from mock_rmm.app import create_app
from mock_rmm.endpoints.endpoint import LONGEST_BODY
from mock_rmm.endpoints.receiver import KINDS, Contract, Receiver
from mock_rmm.journal import Entry
from mock_rmm.rmm import EXTENSION, Rmm
from mock_rmm.settings import Settings
from tests.mock_rmm.mutations import Sent, good_ones

# whose parsing or explaining grew with the square of what came would cost thousands of times as much
_MOST_PLAIN_ONES = 100
_ROUNDS = 5
CONTRACT = Contract(
    "TicketChanged", "http://tempuri.org/", "http://tempuri.org/TicketChanged", required=("id",)
)


def path_of(door: str, mode: str) -> str:
    return f"/callouts/{mode}/{door}"


@contextmanager
def mock_in_every_mode(settings: Settings) -> Iterator[Flask]:
    """A mock with every door in each mode that it has; what it doesn't catch comes out as it is."""
    app = create_app(settings)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    rmm: Rmm = app.extensions[EXTENSION]
    for door, terms in KINDS.items():
        for mode in terms.modes:
            receiver = Receiver(f"{door} {mode}", door, path_of(door, mode), mode, CONTRACT)
            assert rmm.receivers.put(receiver) is None
    yield app
    rmm.stop()


def newest(app: Flask) -> Entry:
    journal = app.extensions[EXTENSION].journal
    return journal.get(journal._last_id)


def call(app: Flask, path: str, sent: Sent) -> tuple[int, str, bytes, float]:
    """Status, Content-Type and body of the answer, and the seconds of work."""
    environ = {
        "REQUEST_METHOD": sent.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": sent.query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "CONTENT_LENGTH": str(len(sent.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in sent.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    told: list = []
    begin = time.thread_time()
    answer = app(environ, lambda status, headers, *_: told.extend((status, dict(headers))))
    body = b"".join(answer)
    spent = time.thread_time() - begin
    answer.close()
    return int(told[0][:3]), told[1].get("Content-Type", ""), body, spent


def is_cheap(app: Flask, path: str, sent: Sent, spent: float) -> bool:
    """Compare its work with that of a plain request as long as any may be.

    What seems to be much is measured again, the plain one beside it: another program, or a garbage collection, may
    have fallen into it.
    """
    return spent <= _MOST_PLAIN_ONES * _plain_once(app) or any(
        call(app, path, sent)[3] <= _MOST_PLAIN_ONES * _plain(app) for _ in range(_ROUNDS)
    )


@cache
def _plain_once(app: Flask) -> float:
    return _plain(app)


def _plain(app: Flask) -> float:
    (good, *_) = good_ones(("name-value-post",))
    plain = replace(good, body=good.body + b"&note=" + b"x" * (LONGEST_BODY - len(good.body) - 6))
    return call(app, KINDS["name-value-post"].path, plain)[3]
