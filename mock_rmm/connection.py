"""Ends a connection with a true TCP RST, when the program inside asks for it."""

import errno
import os
import socket
import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WANTED = "mock_rmm.reset"
SOCKETS = ("gunicorn.socket", "werkzeug.socket")
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER, on, for no time at all: closing throws away what is unsent and sends RST instead of FIN."""


class Resettable:
    """WSGI middleware: with `mock_rmm.reset` set in the environ, the answer is thrown away."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        if not environ.get(WANTED):
            return answer
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        for name in SOCKETS:
            if environ.get(name) is not None:
                _reset(environ[name])
        # What both servers take for a client that went away, and pass over in silence
        raise ConnectionResetError(errno.ECONNRESET, "reset, as ordered")


def _reset(connection: Any) -> None:
    """Close the connection under the server's hands.

    The server would shut it down in good order, with a FIN. So its descriptor is made to point at another socket,
    whose far end has hung up: the connection closes now, and the server finds nothing strange in what it has left.
    """
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    near, far = socket.socketpair()
    with near:
        far.close()
        os.dup2(near.fileno(), connection.fileno())
