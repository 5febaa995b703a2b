"""Serves a WSGI program from a thread of this process, with a thread for each request: for tests, not for load."""

import threading
from collections.abc import Iterable
from contextlib import closing
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"
LONGEST_GOODBYE = 10.0  # seconds that requests in the air are given to end


class ThreadServer:
    """It has its port, a free one unless one is given, before it is started."""

    def __init__(self, app: "WSGIApplication", port: int = 0) -> None:
        self._app = app
        self._in_the_air = 0
        self._changed = threading.Condition()
        self._server = make_server(HOST, port, self._serve, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="mock_rmm", daemon=True
        )
        self.url = f"http://{HOST}:{self._server.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests, and wait for those that the program is at: they hold what it will let go of."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._changed:
            self._changed.wait_for(lambda: self._in_the_air == 0, LONGEST_GOODBYE)

    def _serve(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Read each answer to its end before it is sent: the server does not close one whose client hangs up.

        Not the stream of events, which has no end.
        """
        if environ["PATH_INFO"] == "/events":
            return self._app(environ, start_response)
        self._count(1)
        try:
            answer = self._app(environ, start_response)
            with closing(ClosingIterator(answer)) as pieces:
                return list(pieces)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._in_the_air += change
            self._changed.notify_all()


class _Quiet(WSGIRequestHandler):
    def log(self, *_details: object) -> None:
        """Say nothing: the journal has it."""
