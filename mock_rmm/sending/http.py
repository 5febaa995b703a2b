"""Sends one request within a total time, and turns all trouble into a value.

Nothing of an answer beyond 64 KiB is read. Redirects are not followed, and proxies and .netrc of the environment
are ignored, as by the portal.
"""

import contextlib
import http.client
import queue
import socket
import ssl
import threading
from typing import Any

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    DecodeError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as PoolTimeoutError
from urllib3.util import parse_url

from mock_rmm.sending.outcome import QUOTED, Answered, Kind, NoAnswer
from mock_rmm.sending.request import Request

MOST_BYTES = 64 * 1024
CONNECT_SECONDS = 5.0
_TIMEOUTS = (TimeoutError, PoolTimeoutError)
_RESETS = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


def tls_context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())  # a system without a store of its own
    return context


def send(
    request: Request, headers: dict[str, str], *, seconds: float, context: ssl.SSLContext
) -> Answered | NoAnswer:
    """Send a request; never raise for what a peer does.

    A thread does it, since no time-out of a socket bounds a peer that sends a byte now and then, nor a look-up.
    """
    connection = _connection(request.url, min(seconds, CONNECT_SECONDS), context)
    done: queue.Queue[Answered | NoAnswer] = queue.Queue()
    arguments = (connection, request, headers, seconds, done)
    threading.Thread(target=_exchange, args=arguments, daemon=True).start()
    try:
        return done.get(timeout=seconds)
    except queue.Empty:
        _hang_up(connection)
        return _timed_out(seconds)


def _connection(url: str, seconds: float, context: ssl.SSLContext) -> HTTPConnection:
    parts = parse_url(url)
    host = (parts.host or "").strip("[]")
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=seconds, ssl_context=context)
    return HTTPConnection(host, parts.port, timeout=seconds)


def _exchange(
    connection: HTTPConnection,
    request: Request,
    headers: dict[str, str],
    seconds: float,
    done: "queue.Queue[Answered | NoAnswer]",
) -> None:
    try:
        connection.connect()
        connection.timeout = seconds
        # A receiver may answer and hang up before it has read everything, and its answer counts
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(
                request.method,
                parse_url(request.url).request_uri,
                body=request.body or None,
                headers=headers,
                preload_content=False,
            )
        done.put(_read(connection))
    except (HTTPError, OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
        done.put(_explain(error, connection, seconds))
    finally:
        connection.close()


def _read(connection: HTTPConnection) -> Answered:
    response: Any = connection.getresponse()
    try:
        body = response.read(MOST_BYTES + 1, decode_content=True)
    finally:
        response.close()
    return Answered(
        response.status,
        response.reason or "",
        tuple(response.headers.items()),
        body[:MOST_BYTES],
        more=len(body) > MOST_BYTES,
    )


def _hang_up(connection: HTTPConnection) -> None:
    """End what the thread still waits for. SSLSocket's own shutdown would take its TLS away beneath the thread."""
    if connection.sock is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def _timed_out(seconds: float) -> NoAnswer:
    return NoAnswer(Kind.TIMEOUT, f"No whole answer came within {seconds:g} s.")


def _explain(error: Exception, connection: HTTPConnection, seconds: float) -> NoAnswer:
    host, port = connection.host, connection.port
    chain = _chain(error)
    said = _words(chain[-1])
    match error:
        case NameResolutionError():
            return NoAnswer(Kind.DNS, f"The name {host} isn't found ({QUOTED}). Is it spelt right?", said)
        # Before the time-out, which urllib3 has it inherit from
        case NewConnectionError():
            return NoAnswer(
                Kind.CONNECT,
                f"{host}:{port} can't be connected to ({QUOTED}). Does anything listen there?",
                said,
            )
        case ConnectTimeoutError():
            return NoAnswer(
                Kind.TIMEOUT, f"{host}:{port} accepted no connection in time. Is it reachable from here?"
            )
        case _:
            return _explain_answer(chain, said, seconds)


def _explain_answer(chain: list[BaseException], said: str, seconds: float) -> NoAnswer:
    def holds(*kinds: type[BaseException]) -> bool:
        return any(isinstance(each, kinds) for each in chain)

    if holds(*_TIMEOUTS):
        return _timed_out(seconds)
    if holds(ssl.SSLError, SSLError):
        return NoAnswer(Kind.TLS, f"TLS failed ({QUOTED}), and the callout was not sent.", said)
    if holds(http.client.RemoteDisconnected):
        return NoAnswer(Kind.RESET, "The receiver closed the connection without an answer.")
    if holds(*_RESETS):
        return NoAnswer(Kind.RESET, "The receiver reset the connection.")
    if holds(http.client.IncompleteRead):
        return NoAnswer(Kind.PROTOCOL, "The answer broke off before its end.")
    if holds(DecodeError):
        return NoAnswer(Kind.PROTOCOL, "The answer isn't compressed as its Content-Encoding says.")
    return NoAnswer(Kind.PROTOCOL, f"What came back is not HTTP ({QUOTED}).", said)


def _chain(error: BaseException) -> list[BaseException]:
    """An error and its causes; a ProtocolError hides its own in its arguments."""
    found: list[BaseException] = []
    each: BaseException | None = error
    while each is not None and each not in found:
        found.append(each)
        hidden = each.args[-1] if isinstance(each, ProtocolError) and each.args else None
        each = hidden if isinstance(hidden, BaseException) else each.__cause__ or each.__context__
    return found


def _words(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error) or type(error).__name__
