"""Serves a WSGI program from a thread of this process, with a thread for each request: for tests, not for load."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"


class ThreadServer:
    """It has its port, a free one unless one is given, before it is started."""

    def __init__(self, app: "WSGIApplication", port: int = 0) -> None:
        self._server = make_server(HOST, port, _whole(app), threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, name="mock_rmm", daemon=True
        )
        self.url = f"http://{HOST}:{self._server.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, *_details: object) -> None:
        """Say nothing: the journal has it."""


def _whole(app: "WSGIApplication") -> "WSGIApplication":
    """Read each answer to its end before it is sent: the server does not close one whose client hangs up.

    Not the stream of events, which has no end.
    """

    def serve(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = app(environ, start_response)
        if environ["PATH_INFO"] == "/events":
            return answer
        try:
            return list(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    return serve
