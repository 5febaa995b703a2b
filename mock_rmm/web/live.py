"""Notifies open pages of changes, by server-sent events; each page then fetches itself again.

A stream keeps one of the server's threads, so there are few, and a page that gets none asks each second instead.
"""

from collections.abc import Callable, Iterator
from time import monotonic

from flask import Blueprint, Response, g, jsonify, request

from mock_rmm.connection import hung_up
from mock_rmm.rmm import Rmm, current_rmm

blueprint = Blueprint("live", __name__)

LOOK_EVERY = 0.1
BEAT_EVERY = 15.0  # proxies close what stays silent for a minute or less


@blueprint.before_app_request
def remember_version() -> None:
    """What a page shows is at least as new as this: it was taken before the page looked at anything."""
    if request.blueprint != "endpoints":
        g.version = current_rmm().version


@blueprint.get("/live")
def version() -> Response:
    """For pages without a stream."""
    return jsonify(version=g.version)


@blueprint.get("/events")
def events() -> Response:
    rmm = current_rmm()
    leave = rmm.streams.enter()
    if leave is None:
        sentence = f"{rmm.streams.most} pages are followed already, and the threads are needed for callouts."
        return Response(
            sentence, status=503, content_type="text/plain; charset=utf-8", headers={"Retry-After": "10"}
        )
    response = Response(
        _changes(rmm, hung_up(request.environ), leave),
        content_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},
    )
    # As well as at the stream's end: one that was never begun has no end
    response.call_on_close(leave)
    return response


def _changes(rmm: Rmm, hung_up: Callable[[], bool], leave: Callable[[], None]) -> Iterator[str]:
    """One event for each change, or for a burst of them. The first has the current version."""
    sent = ""
    beat = monotonic() + BEAT_EVERY
    try:
        yield "retry: 1000\n\n"
        while not rmm.stopping.is_set() and not hung_up():
            if rmm.version != sent:
                sent = rmm.version
                yield f"data: {sent}\n\n"
            elif monotonic() > beat:
                beat = monotonic() + BEAT_EVERY
                yield ": still here\n\n"
            # Looked at rather than waited for: many things change, and a callout must not pay for who watches
            rmm.stopping.wait(LOOK_EVERY)
    finally:
        leave()
