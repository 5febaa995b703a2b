"""Takes a connection from under the server's hands, when the program inside asks for it.

Below HTTP an answer can be what HTTP forbids: nothing at all, half of what was promised, a reset. The raw socket
is in the environ; gunicorn and Werkzeug both put it there.
"""

import errno
import os
import socket
import struct
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WANTED = "mock_rmm.connection"
"""Where the environ holds who wants the connection: a function of the socket, or of None when there is none."""

SOCKETS = ("gunicorn.socket", "werkzeug.socket")
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER, on, for no time at all: closing throws away what is unsent and sends RST instead of FIN."""

Want = Callable[[socket.socket | None], None]


class Diverting:
    """WSGI middleware: when somebody wants the connection, the answer is thrown away and they get it."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = self._app(environ, start_response)
        want: Want | None = environ.get(WANTED)
        if want is None:
            return answer
        close = getattr(answer, "close", None)
        if close is not None:
            close()
        served = next((environ[name] for name in SOCKETS if environ.get(name) is not None), None)
        want(None if served is None else _take(served))
        # What both servers take for a client that went away, and pass over in silence
        raise ConnectionResetError(errno.ECONNRESET, "taken, as ordered")


def reset(connection: socket.socket | None) -> None:
    """End a connection with a true TCP RST, as a crashed or overfull receiver does."""
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        connection.close()


def _take(served: socket.socket) -> socket.socket:
    """The connection as a socket of one's own.

    The server would shut it down in good order, with a FIN. So its descriptor is made to point at another socket,
    whose far end has hung up: the connection goes on here, and the server finds nothing strange in what it has left.
    """
    taken = socket.socket(fileno=os.dup(served.fileno()))
    near, far = socket.socketpair()
    with near:
        far.close()
        os.dup2(near.fileno(), served.fileno())
    return taken
