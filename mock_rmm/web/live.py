"""Tells open pages that something has changed, by server-sent events; each page then fetches itself again.

A stream keeps one of the server's threads, so there are few, and a page that gets none asks each second instead.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request

from mock_rmm.connection import SOCKETS
from mock_rmm.rmm import Rmm, current_rmm

blueprint = Blueprint("live", __name__)

STREAMS = "mock_rmm.streams"
MOST_STREAMS = 16
LOOK_EVERY = 0.1
BEAT_EVERY = 15.0
"""Proxies close what stays silent for a minute or less."""


class Streams:
    """How many streams may be open, and how many are: a quarter of the threads at most, the doors need the rest."""

    def __init__(self, threads: int) -> None:
        self.most = min(MOST_STREAMS, threads // 4)
        self._lock = threading.Lock()
        self._open = 0

    @property
    def open(self) -> int:
        return self._open

    def enter(self) -> Callable[[], None] | None:
        """Take a place, and get the way to leave it, once or often; None when all are taken."""
        with self._lock:
            if self._open >= self.most:
                return None
            self._open += 1
        left = threading.Event()

        def leave() -> None:
            with self._lock:
                if not left.is_set():
                    left.set()
                    self._open -= 1

        return leave


def register(app: Flask) -> None:
    rmm: Rmm = app.extensions["mock_rmm"]
    app.extensions[STREAMS] = Streams(rmm.settings.threads)
    app.register_blueprint(blueprint)


@blueprint.before_app_request
def remember_version() -> None:
    """What a page shows is at least as new as this: it was taken before the page looked at anything."""
    if request.blueprint != "doors":
        g.version = current_rmm().version


@blueprint.get("/live")
def version() -> Response:
    """For pages without a stream."""
    return jsonify(version=g.version)


@blueprint.get("/events")
def events() -> Response:
    streams: Streams = current_app.extensions[STREAMS]
    leave = streams.enter()
    if leave is None:
        sentence = f"{streams.most} pages are followed already, and the threads are needed for callouts."
        return Response(
            sentence, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "10"}
        )
    response = Response(
        _until_left(_changes(current_rmm(), _hung_up(request.environ)), leave),
        content_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},
    )
    # As well as at the stream's end: one that was never begun has no end
    response.call_on_close(leave)
    return response


def _until_left(stream: Iterator[str], leave: Callable[[], None]) -> Iterator[str]:
    try:
        yield from stream
    finally:
        leave()


def _changes(rmm: Rmm, hung_up: Callable[[], bool]) -> Iterator[str]:
    """One event a change, and one for a burst of them. The first tells what is so now."""
    yield "retry: 1000\n\n"
    told = ""
    beat = monotonic() + BEAT_EVERY
    while not rmm.stopping.is_set() and not hung_up():
        if rmm.version != told:
            told = rmm.version
            yield f"data: {told}\n\n"
        elif monotonic() > beat:
            beat = monotonic() + BEAT_EVERY
            yield ": still here\n\n"
        # Looked at rather than waited for: many things change, and a callout must not pay for who watches
        rmm.stopping.wait(LOOK_EVERY)


def _hung_up(environ: dict[str, Any]) -> Callable[[], bool]:
    """Whether the page is gone. Writing to it would find out too, but only at the second heartbeat."""
    connection = next((environ[name] for name in SOCKETS if environ.get(name) is not None), None)

    def look() -> bool:
        if connection is None:
            return False
        try:
            return not connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    return look
