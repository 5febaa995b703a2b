"""Sends one request within a total time, and turns all trouble into a value.

Nothing of an answer beyond 64 KiB is read. Redirects are not followed, and proxies and .netrc of the environment
are ignored, as by the portal.
"""

import contextlib
import http.client
import queue
import re
import ssl
import threading
from typing import Any
from urllib.parse import quote

import certifi
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError, SSLError
from urllib3.exceptions import TimeoutError as PoolTimeoutError
from urllib3.util import parse_url

from mock_rmm.sending.line import Line, words
from mock_rmm.sending.outcome import QUOTED, Answered, Kind, NoAnswer
from mock_rmm.sending.request import Request

MOST_BYTES = 64 * 1024
_ASCII = "".join(map(chr, range(0x21, 0x7F)))
_TIMEOUTS = (TimeoutError, PoolTimeoutError)
_RESETS = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError)


def tls_context(*, insecure: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
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
    line = Line(seconds)
    done: queue.Queue[Answered | NoAnswer] = queue.Queue()
    arguments = (request, headers, line, context, done)
    threading.Thread(target=_exchange, args=arguments, daemon=True).start()
    try:
        return done.get(timeout=line.left())
    except queue.Empty:
        line.hang_up()
        return _timed_out(seconds)


def _exchange(
    request: Request,
    headers: dict[str, str],
    line: Line,
    context: ssl.SSLContext,
    done: "queue.Queue[Answered | NoAnswer]",
) -> None:
    try:
        connection = _connect(request.url, line, context)
        done.put(
            connection if isinstance(connection, NoAnswer) else _talk(connection, request, headers, line)
        )
    except (HTTPError, OSError, http.client.HTTPException, UnicodeError, ValueError) as error:
        done.put(_explain(error, line.seconds))
    finally:
        line.close()


def _connect(url: str, line: Line, context: ssl.SSLContext) -> HTTPConnection | NoAnswer:
    parts = parse_url(url)
    host = (parts.host or "").strip("[]")
    secure = parts.scheme == "https"
    connection = (HTTPSConnection if secure else HTTPConnection)(host, parts.port, timeout=line.seconds)
    sock = line.connect(host, connection.port)
    if isinstance(sock, NoAnswer):
        return sock
    connection.sock = line.secure(sock, host, context) if secure else sock
    return connection


def _talk(connection: HTTPConnection, request: Request, headers: dict[str, str], line: Line) -> Answered:
    with contextlib.closing(connection):
        line.check()
        # A receiver may answer and hang up before it has read everything, and its answer counts
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request(
                request.method,
                _target(request.url),
                body=request.body or None,
                headers=headers,
                preload_content=False,
            )
        return _read(connection)


def _target(url: str) -> str:
    """The path and the query byte for byte, but for what no request can hold."""
    place = re.match(r"[^:]*://[^/?]*", url)
    target = url[place.end() :] if place else url
    return quote(target if target.startswith("/") else f"/{target}", safe=_ASCII)


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


def _timed_out(seconds: float) -> NoAnswer:
    return NoAnswer(Kind.TIMEOUT, f"No whole answer came within {seconds:g} s.")


def _explain(error: Exception, seconds: float) -> NoAnswer:
    chain = _chain(error)
    said = words(chain[-1])

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
